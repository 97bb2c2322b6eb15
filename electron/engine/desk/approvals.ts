import { printed, type DeskContext, type Handlers } from './context.ts'

/** What waits for the analyst, and the answers. */
export function approvalHandlers({
  store,
  chains,
  handles,
}: DeskContext): Handlers<
  | 'approvals.list'
  | 'approvals.get'
  | 'approvals.approve'
  | 'approvals.reject'
  | 'approvals.together'
  | 'approvals.decide'
  | 'approvals.explain'
  | 'approvals.plan'
  | 'actions.settleUnknown'
> {
  return {
    'approvals.list': async () => printed(handles, await store.reader.query('approvals.list', {})),
    'approvals.get': async ({ actionId }) => printed(handles, await chains.card(actionId)),
    'approvals.approve': (arg) => chains.approve(arg),
    'approvals.reject': (arg) => chains.reject(arg),
    'approvals.together': async ({ actionIds }) => printed(handles, { rows: await chains.together(actionIds) }),
    'approvals.decide': async (arg) => ({ results: await chains.decideTogether(arg) }),
    'approvals.explain': async ({ actionId }) => printed(handles, { asked: await chains.explain(actionId) }),
    'approvals.plan': async ({ actionId, args }) => printed(handles, await chains.planEdited(actionId, args)),
    'actions.settleUnknown': (arg) => chains.settleUnknown(arg),
  }
}
