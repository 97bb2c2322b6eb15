/** What one request may ask for. The standard introspection query (15 deep, cost 45,000) is well inside. */
export const LIMITS = {
  /** Of a request's body; a query beyond this is generated, not written. */
  bodyBytes: 64 * 1024,
  queryCharacters: 16 * 1024,
  tokens: 2_000,
  /** Fields below each other. The data end at 5; only introspection goes deeper. */
  depth: 20,
  /** Fields after all fragments have been put in their places. */
  fields: 1_000,
  /** Values in the answer, as `costOf` expects them. */
  cost: 100_000,
  /** Texts in the answer (events and results are most of it), in characters. */
  answerCharacters: 8 * 1024 * 1024,
  /** `workflows(limit:)`. */
  page: 1_000,
  /** `workflows(offset:)`: rows that are passed over are read, too. */
  offset: 1_000_000,
  /** One execution, its thread's start included. */
  deadlineMs: 5_000,
  /** Requests that wait for the one that runs. */
  waiting: 16,
} as const

/** `workflows` without a limit. */
export const DEFAULT_PAGE = 20
