/** The list's one query, so that dialogs look at what the list shows. */
export const NOTHING = {}
export const REFRESH = { what: ['containments', 'chains', 'approvals', 'state'] } as const
