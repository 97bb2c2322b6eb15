const TITLES: Readonly<Record<string, string>> = {
  chain_failed: 'Chain failed',
  round_limit: 'Chain stopped at the round limit',
  outcome_unknown: 'Outcome unknown',
  no_policy: 'Schema has no policy',
  policy_timeout: 'Evaluation took too long',
  policy_memory: 'Evaluation needed too much memory',
  policy_compile: 'Policies do not compile',
  policy_references: 'Policies ask for what is not there',
  eval_conflict_error: 'Two rules contradict each other',
  policy_result: 'Policy result has a wrong type',
  malformed_json: 'Body is not JSON',
  idempotency_mismatch: 'Message id came again with other data',
  sns_topic: 'SNS topic is not listed',
  records_changed: 'Records were changed outside Tocsin',
  replay_differs: 'A decision made again differs',
  event_damaged: 'Bodies of events are damaged',
  store_restored: 'A backup was restored',
  store_copied: 'The data folder is a copy',
  store_replaced: 'The database was put back from a copy',
  store_lost: 'The last records are missing',
  sns_unsubscribed: 'SNS topic does not deliver any more',
}

/** A problem's title. Codes that have none here say themselves what they are. */
export function problemTitle(code: string): string {
  const known = TITLES[code]
  if (known) return known
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
