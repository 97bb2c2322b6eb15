import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState, ChainState, Effect } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { ActionPlan } from '../../actions/action-port.ts'

/** A commit as the policy wrote it: an attribute with an optional path into the action's result. */
export interface CommitSpec {
  id: string
  key: string
  value: JsonValue
  type: string
  persist: boolean
  ttl: number
  path: string
}

/** What of an earlier run is done again; recorded results stand in for the rest. */
export type RerunWhat = 'everything' | 'step' | 'failed'

/** A row of `chain`. `generation` is the loop that applies: run + commit, or init / run / exit. */
export interface ChainRecord {
  seq: number
  id: string
  subjectKind: 'alert' | 'report'
  subjectId: string
  runNo: number
  rerunOf: string | null
  rerunWhat: RerunWhat | null
  /** The action of the earlier run from which on everything runs anew, with *From this step*. */
  rerunFrom: string | null
  undoOf: string | null
  trigger: 'event' | 'rerun' | 'reprocess' | 'undo'
  policyVersionId: string
  generation: 'commit' | 'exit'
  namespace: string
  state: ChainState
  roundNo: number
  attrs: Attribute[]
  isStopping: boolean
  /** Starts nothing by itself until the analyst says *run* or *close*. */
  isHeld: boolean
}

export interface RoundRecord {
  chainId: string
  no: number
  decisionId: string | null
  attrsBefore: Attribute[]
  isAborted: boolean
}

export interface ActionRecord {
  seq: number
  id: string
  chainId: string
  roundNo: number
  position: number
  /** The id that the policy gave, or a generated one. */
  policyId: string
  hasOwnId: boolean
  name: string
  uses: string
  args: JsonValue
  argsHash: string
  isForced: boolean
  isAbort: boolean
  /** Whether the analyst is asked again before what is to last for a time is ended. */
  isEndAsked: boolean
  commits: CommitSpec[]
  effect: Effect | null
  title: string
  target: string
  /** What acts on the same target have in common; '' where an action has none. */
  targetKey: string
  /** Each target that it contains, as it is counted; none where it contains nothing. */
  targets: string[]
  /** Identities of the rules that made it, of one that contains. */
  rules: string[]
  isIrreversible: boolean
  needsApproval: boolean
  plan: ActionPlan | null
  state: ActionState
  settledOrder: number | null
  resolvedCommits: CommitSpec[]
  reusedFrom: string | null
  error: Failure | null
}

/** A row of `approval`. `bound` holds what the hash covers; `decidedHash` is the state of the world that was approved. */
export interface ApprovalRecord {
  id: string
  actionId: string
  boundHash: string
  bound: JsonObject
  plan: ActionPlan
  isEditable: boolean
  reason: string
  /** Which cap made it wait, in words; '' where the policy asks or the mode does. */
  beyondCap: string
  editedArgs: JsonObject | null
  createdAt: number
  expiresAt: number
  outcome: 'approved' | 'rejected' | 'expired' | 'withdrawn' | null
  decidedAt: number | null
  decidedBy: string | null
  why: string
  decidedHash: string | null
  staleAt: number | null
  staleReason: Difference[] | null
}

export interface AttemptRecord {
  id: string
  actionId: string
  no: number
  key: string
  uses: string
  args: JsonObject
  plan: ActionPlan
  approvalId: string | null
  effect: Effect
  outcome: 'succeeded' | 'failed' | 'unknown' | null
  outcomeAt: number | null
  outcomeBy: 'action' | 'confirmation' | 'probe' | 'analyst' | 'restart' | null
  result: JsonValue
  /** It succeeded, and its result was deleted by age: `result` says nothing then. */
  isResultDeleted: boolean
  undoes: string | null
}

/** What changed between two states of the world, in the words of the card. */
export interface Difference {
  what: string
  before: string
  after: string
}

/** Chain run / round / position: automatic attempts keep it, only a re-run makes a new one (`design.md` §5). */
export function attemptKey(chain: ChainRecord, action: ActionRecord): string {
  return `${chain.id}/${action.roundNo}/${action.position}`
}
