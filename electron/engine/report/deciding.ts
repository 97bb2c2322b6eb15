import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { canonicalObject, sha256, type CanonicalMembers } from '../forms/canonical.ts'
import { newDecision } from '../chain/rounds/decision-row.ts'
import type { Evaluation } from '../policy/evaluation.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import type { Tx } from '../store/writer.ts'
import type { ReportSnapshot } from './records/report-records.ts'
import type { ReportDeps } from './report-deps.ts'

/** One evaluation of `inspect` or `review`, as its `decision` row needs it. */
export interface Decided {
  kind: 'inspect' | 'review'
  policy: LivePolicy
  inputSha256: string
  inputParts: JsonObject
  nowNs: string
  seed: string
  evaluation: Evaluation
}

/** Evaluates a package on a report. Never throws for what a policy does. */
export async function decide(
  deps: ReportDeps,
  policy: LivePolicy,
  kind: Decided['kind'],
  input: CanonicalMembers,
  inputParts: JsonObject,
): Promise<Decided> {
  const bytes = new TextEncoder().encode(canonicalObject(input))
  const inputSha256 = sha256(bytes)
  const stamp = { nowNs: deps.clock.nowNs(), seed: deps.ids.seed() }
  const evaluation = await deps.policy.evaluate({ versionId: policy.id, entrypoint: kind, input: bytes, ...stamp })
  return { kind, policy, inputSha256, inputParts, ...stamp, evaluation }
}

/** @returns the decision's id */
export function insertDecided({ store, mode }: ReportDeps, tx: Tx, decided: Decided): string {
  const nowhere = { eventId: null, chainId: null, roundNo: null, actionId: null } as const
  const place = {
    ...nowhere,
    policyVersionId: decided.policy.id,
    purpose: 'live',
    isTaken: true,
    mode: mode(),
  } as const
  return store.decisions.insert(tx, newDecision(place, decided, decided, decided.inputParts))
}

/** What rebuilds the input: the report's rows up to a snapshot are in it. */
export function reportParts(snapshot: ReportSnapshot, env: Record<string, string>, attributeSeq?: number): JsonObject {
  const attribute: Record<string, JsonValue> = attributeSeq === undefined ? {} : { attribute: attributeSeq }
  return { report: { ...snapshot }, env: { ...env }, ...attribute }
}
