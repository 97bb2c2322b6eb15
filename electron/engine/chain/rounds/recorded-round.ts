import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { RecordedDecision } from '../records/chain-reads.ts'
import type { ActionRecord, RoundRecord } from '../records/records.ts'

/**
 * The round that proposed an action, with its decision.
 * @throws Error when a row is missing: nothing is concluded from that
 */
export function recordedRound(
  { chains }: Pick<ChainDeps, 'chains'>,
  action: Pick<ActionRecord, 'id' | 'chainId' | 'roundNo'>,
): { round: RoundRecord; decision: RecordedDecision } {
  const round = chains.round(action.chainId, action.roundNo)
  const decision = round?.decisionId ? chains.decision(round.decisionId) : null
  if (!round || !decision) throw new Error(`Action ${action.id} was proposed by no decision`)
  return { round, decision }
}

/** The attributes that a decision's round began with, before `init`. @throws Error when it recorded none */
export function recordedAttrs(inputParts: JsonValue): Attribute[] {
  return part(inputParts, 'attrs') as unknown as Attribute[] // written by `inputRecord` in this shape
}

/** `input.env` as a decision recorded it. @throws Error when it recorded none */
export function recordedEnv(inputParts: JsonValue): Record<string, string> {
  return part(inputParts, 'env') as Record<string, string> // written by `inputRecord` in this shape
}

function part(inputParts: JsonValue, name: string): JsonValue {
  const parts = (inputParts ?? {}) as JsonObject // of a decision on a chain it is an object
  const value = parts[name]
  if (value === undefined) throw new Error(`A decision has recorded no ${name}`)
  return value
}
