const MATRIX = 'fault-matrix.test.ts'
const DESK = 'desk-crash.test.ts'
const REPORTS = 'report-crash.test.ts'
const CONTAINING = 'containing-crash.test.ts'

/**
 * Every commit's label, and where the process is killed before and after it; or why that would show nothing.
 * What a label stands for more than once is killed at each place that decides something else.
 */
export const COMMITS: Readonly<Record<string, { tests: readonly string[] } | { why: string }>> = {
  'audit-key': { tests: ['store-crash.test.ts'] },
  'chain-accept': { tests: [CONTAINING] },
  'chain-decide': { tests: [MATRIX, DESK] },
  'chain-finish': { tests: [DESK] },
  'chain-intent': { tests: [MATRIX] },
  'chain-look': { tests: [DESK] },
  'chain-outcome': { tests: [MATRIX, DESK] },
  'chain-rerun': { tests: [DESK] },
  'chain-round': { tests: [MATRIX] },
  'containment-check': { tests: [CONTAINING] },
  'containment-lift': { tests: [DESK] },
  'containment-look': { tests: [CONTAINING] },
  event: { tests: [MATRIX, 'store-crash.test.ts'] },
  'event-pending': { tests: [DESK] },
  export: { tests: [DESK] },
  generation: { tests: ['restore-crash.test.ts'] },
  policy: { tests: [DESK] },
  problem: { tests: [DESK] },
  refusals: {
    why: 'Counts of refused requests: a crash may cost those of the last moments, and nothing rests on them',
  },
  'report-clock': { why: 'Waits that a clock set back made too long: the next turn finds them again' },
  'report-gather': { tests: [REPORTS] },
  'report-inspect': { tests: [REPORTS] },
  'report-lookup': { tests: [REPORTS] },
  'report-override': { tests: [REPORTS] },
  'report-reinspect': { tests: [REPORTS] },
  'report-retry': { tests: [REPORTS] },
  'report-review': { tests: [REPORTS] },
  restore: { tests: ['restore-crash.test.ts'] },
  retention: { tests: ['upkeep-crash.test.ts'] },
  rules: { why: 'Which rule made what: derived, in one commit with its watermark, and named again from there' },
  secret: { tests: [DESK] },
  setting: { tests: [DESK] },
  sns: { why: 'The act of a confirmation that Amazon repeats until it is answered, as a commit of one row' },
  source: { tests: [DESK] },
  'source-use': { why: 'When a token was last used, to the minute: a crash may cost the last time' },
  triage: { tests: [DESK] },
}
