import { errorCode, errorMessage } from '../../../shared/errors.ts'
import { sha256 } from '../forms/canonical.ts'
import type { ChainPolicy } from '../chain/chain-deps.ts'
import { entrypointOfChain } from '../chain/rounds/round-evaluation.ts'
import { entrypointOf } from '../intake/judge.ts'
import type { Evaluation } from '../policy/evaluation.ts'
import type { EventStore } from '../store/event-store.ts'
import { rebuildInput, type RebuildDeps } from './rebuild.ts'
import type { DecisionToReplay } from './replay-store.ts'

/** What became of one decision that was made again. */
export type Replayed =
  | { outcome: 'exact' }
  /** Age has taken what it was made of. */
  | { outcome: 'body_deleted' | 'result_deleted' }
  /** Time, memory or the store ended one of the two evaluations: that says nothing about the decision. */
  | { outcome: 'unrepeatable'; code: string }
  | { outcome: 'different'; what: 'input' | 'output' | 'error' | 'prints' | 'rows'; detail: string }

export interface ReplayDeps extends RebuildDeps {
  events: Pick<EventStore, 'body' | 'get'>
  policy: Pick<ChainPolicy, 'evaluate' | 'version'>
}

/** Where an evaluation ends depends on the machine, and so does what cannot be stored. */
const UNREPEATABLE = new Set([
  'policy_timeout',
  'policy_memory',
  'policy_crashed',
  'policy_stopped',
  'alert_not_stored',
])
/** Differences are shown so far. */
const SHOWN = 200

/** Makes one recorded decision again from its rows. Never throws: what goes wrong is a difference. */
export async function replayDecision(deps: ReplayDeps, decision: DecisionToReplay): Promise<Replayed> {
  let input: Uint8Array
  try {
    const { generation } = await deps.policy.version(decision.policyVersionId)
    input = rebuildInput(deps, decision, generation)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'body_deleted' || code === 'result_deleted') return { outcome: code }
    return { outcome: 'different', what: 'rows', detail: errorMessage(error) }
  }
  const inputSha256 = sha256(input)
  if (inputSha256 !== decision.inputSha256) return different('input', decision.inputSha256, inputSha256)
  return compare(decision, await evaluateAgain(deps, decision, input))
}

function evaluateAgain(deps: ReplayDeps, decision: DecisionToReplay, input: Uint8Array): Promise<Evaluation> {
  const { policyVersionId: versionId, nowNs, seed } = decision
  const entrypoint = entrypointOfDecision(deps, decision)
  // The bytes go to the policy thread.
  return deps.policy.evaluate({ versionId, entrypoint, input: input.slice(), nowNs, seed })
}

function entrypointOfDecision(deps: ReplayDeps, { kind, eventId, chainId }: DecisionToReplay): string {
  switch (kind) {
    case 'alert':
      return entrypointOf(deps.events.get(eventId ?? '')?.schema ?? '')
    case 'inspect':
    case 'review':
      return kind
    default:
      return entrypointOfChain(deps.chains.chain(chainId ?? ''))
  }
}

function compare(decision: DecisionToReplay, again: Evaluation): Replayed {
  const codes = [decision.error?.code, again.error?.code].filter((code) => code !== undefined)
  const unrepeatable = codes.find((code) => UNREPEATABLE.has(code))
  if (unrepeatable !== undefined && codes[0] !== codes[1]) return { outcome: 'unrepeatable', code: unrepeatable }
  const errors = [errorText(decision.error), errorText(again.error)] as const
  if (errors[0] !== errors[1]) return different('error', ...errors)
  if (decision.output !== again.text)
    return different('output', decision.output ?? 'undefined', again.text ?? 'undefined')
  const prints = [JSON.stringify(decision.prints), JSON.stringify(again.prints)] as const
  return prints[0] === prints[1] ? { outcome: 'exact' } : different('prints', ...prints)
}

function errorText(error: { code: string; message: string } | null): string {
  return error === null ? 'none' : `${error.code}: ${error.message}`
}

function different(what: 'input' | 'output' | 'error' | 'prints', recorded: string, again: string): Replayed {
  let at = 0
  while (at < recorded.length && recorded[at] === again[at]) at += 1
  const from = Math.max(0, at - SHOWN / 4)
  const excerpt = (text: string): string => text.slice(from, from + SHOWN)
  return { outcome: 'different', what, detail: `recorded ${excerpt(recorded)} | again ${excerpt(again)}` }
}
