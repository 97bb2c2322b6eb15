import { assertNever } from '../../../shared/assert-never.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { ActionState } from '../../../shared/model/states.ts'
import type { AlertInputs } from '../chain/rounds/alert-inputs.ts'
import type { ApprovalStore } from '../chain/records/approval-store.ts'
import type { ChainReads } from '../chain/records/chain-reads.ts'
import { asExecuted, resultOf } from '../chain/rounds/history.ts'
import {
  exitInput,
  initInput,
  inputBytes,
  runInput,
  type Called,
  type InputParts,
} from '../chain/rounds/policy-input.ts'
import type { ChainRecord } from '../chain/records/records.ts'
import { recordedAttrs, recordedEnv } from '../chain/rounds/recorded-round.ts'
import { afterInit } from '../chain/rounds/round-evaluation.ts'
import type { ReportInputs } from '../report/report-inputs.ts'
import { readableBytes } from '../forms/readable-text.ts'
import { bodyDeleted } from '../store/deleted.ts'
import type { EventStore } from '../store/event-store.ts'
import type { DecisionToReplay, ReplayStore } from './replay-store.ts'

export interface RebuildDeps {
  decisions: ReplayStore
  events: Pick<EventStore, 'body'>
  alerts: Pick<AlertInputs, 'forPolicy'>
  reports: Pick<ReportInputs, 'ofDecision'>
  chains: Pick<ChainReads, 'chain' | 'action'>
  approvals: Pick<ApprovalStore, 'ofAction' | 'latestAttempt'>
}

/**
 * The input of a recorded decision, made again of its rows.
 * @param generation of the version that decided
 * @returns what the policy saw, byte for byte
 * @throws TocsinError `body_deleted`, `result_deleted` where age has taken a part of it; Error when a row is missing
 */
export function rebuildInput(
  deps: RebuildDeps,
  decision: DecisionToReplay,
  generation: ChainRecord['generation'],
): Uint8Array {
  const { kind, inputParts } = decision
  if (kind === 'alert') return eventBody(deps, decision)
  if (kind === 'inspect' || kind === 'review') return inputBytes(deps.reports.ofDecision(kind, inputParts))
  const parts = partsOf(deps, decision, generation)
  switch (kind) {
    case 'init':
      return inputBytes(initInput(parts))
    case 'run':
      return inputBytes(runInput({ ...parts, attrs: attrsOfRun(deps, decision, parts) }))
    case 'exit':
      return inputBytes(exitInput(parts, settledAction(deps, decision)))
    default:
      return assertNever(kind, 'kind of a decision')
  }
}

function eventBody({ events }: RebuildDeps, { eventId }: DecisionToReplay): Uint8Array {
  const body = events.body(eventId ?? '')
  if (body === null) throw bodyDeleted()
  return readableBytes(body)
}

function partsOf(deps: RebuildDeps, decision: DecisionToReplay, generation: ChainRecord['generation']): InputParts {
  const { inputParts, chainId, roundNo } = decision
  const chain = deps.chains.chain(chainId ?? '')
  const isInit = decision.kind === 'init' // it sees neither
  return {
    subject: deps.alerts.forPolicy(chain, decision),
    attrs: recordedAttrs(inputParts),
    env: recordedEnv(inputParts),
    seq: roundNo ?? 0,
    called: (isInit ? [] : named(inputParts, 'called')).map((one) => calledAction(deps, one)),
    declined: (isInit ? [] : named(inputParts, 'declined')).map(({ id, status }) => {
      const reason = deps.approvals.ofAction(id)?.why ?? ''
      return { action: deps.chains.action(id), status, reason }
    }),
    generation,
  }
}

function calledAction(deps: RebuildDeps, { id, status }: { id: string; status: ActionState }): Called {
  const action = deps.chains.action(id)
  return { action: asExecuted(deps, action), status, result: resultOf(deps, action) }
}

/** The action whose `exit` was evaluated: the last of those that were called. */
function settledAction(deps: RebuildDeps, { inputParts }: DecisionToReplay): Called {
  const called = named(inputParts, 'called')
  const settled = called.find(({ id }) => id === (inputParts as JsonObject)['action'])
  if (!settled) throw new Error('A decision has recorded no action that settled')
  return calledAction(deps, settled)
}

/** With the init/run/exit loop a `run` sees what `init` added. */
function attrsOfRun(deps: RebuildDeps, decision: DecisionToReplay, parts: InputParts): InputParts['attrs'] {
  if (parts.generation !== 'exit') return parts.attrs
  const init = deps.decisions.initOf(decision)
  const document = init?.output ?? null
  if (document === null) throw new Error('The init before a recorded run is missing')
  const { subjectId } = deps.chains.chain(decision.chainId ?? '')
  return afterInit(JSON.parse(document) as JsonValue, parts.attrs, { subjectId, seq: parts.seq }).attrs
}

function named(inputParts: JsonValue, list: 'called' | 'declined'): { id: string; status: ActionState }[] {
  const value = ((inputParts ?? {}) as JsonObject)[list]
  if (!Array.isArray(value)) throw new Error(`A decision has recorded no ${list}`)
  return value as unknown as { id: string; status: ActionState }[] // written by `inputRecord` in this shape
}
