import type { ActionCase } from './action-cases.ts'

/** GitHub, Jira and Opsgenie. */
export const TICKET_CASES: readonly ActionCase[] = []
