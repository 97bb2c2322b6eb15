import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Effect, ResponseMode } from '../../../../shared/model/states.ts'
import { TocsinError } from '../../../../shared/errors.ts'
import { ACTION_NAMES } from '../../actions/action-names.ts'
import { readAttribute } from '../../policy/attributes.ts'
import { canonicalHash } from '../../forms/canonical.ts'
import { DURATION_FORMS, readDuration } from '../../forms/duration.ts'
import type { NewId } from '../../forms/derived-id.ts'
import { wrongValue, type ResultObject } from '../../policy/policy-result.ts'
import type { ChainRecord, CommitSpec } from '../records/records.ts'

/** What one element of `run` asks for. */
export interface Proposal {
  id: string
  hasOwnId: boolean
  name: string
  uses: string
  args: JsonValue
  argsHash: string
  isForced: boolean
  isAbort: boolean
  commits: CommitSpec[]
  approval: ApprovalRequest
  /** The policy may raise an action's effect, never lower it. */
  raisedEffect: Effect | null
  /** The element as the policy made it: what `explain` looks for. */
  member: JsonValue
}

/** `approval` of a policy's result: `false` waives it under *By policy*, everything else asks. */
export interface ApprovalRequest {
  required: boolean | null
  reason: string
  expiresInMs: number | null
  isEditable: boolean
  /** Whether the analyst is asked again before what is to last for a time is ended. */
  isEndAsked: boolean
}

/** What was declined earlier in this run: neither its id nor the same call is proposed again. */
export interface Settled {
  ids: ReadonlySet<string>
  /** `callKey` of what was rejected, expired or skipped. */
  declinedCalls: ReadonlySet<string>
}

/** Before a first round. */
export const NOTHING_SETTLED: Settled = { ids: new Set(), declinedCalls: new Set() }

/** One call has one key, by whichever of its action's names a policy asks for it. */
export function callKey(uses: string, argsHash: string): string {
  const action = Object.hasOwn(ACTION_NAMES, uses) ? ACTION_NAMES[uses] : uses
  return `${action}\n${argsHash}`
}

/**
 * Reads `run` in canonical order and leaves out what this run has settled already. An id runs once, also within one round.
 * @param elements of the rule `run`
 * @param members the same elements as plain JSON
 * @throws TocsinError `policy_result` on a wrong type
 */
export function readProposals(
  elements: ResultObject[],
  members: JsonValue[],
  { settled, generation, newId }: { settled: Settled; generation: ChainRecord['generation']; newId: NewId },
): Proposal[] {
  const seen = new Set<string>()
  const proposals: Proposal[] = []
  for (const [index, element] of elements.entries()) {
    const proposal = readProposal(element, members[index] ?? null, generation, newId)
    if (proposal.hasOwnId && (seen.has(proposal.id) || settled.ids.has(proposal.id))) continue
    if (settled.declinedCalls.has(callKey(proposal.uses, proposal.argsHash))) continue
    seen.add(proposal.id)
    proposals.push(proposal)
  }
  return proposals
}

function readProposal(
  element: ResultObject,
  member: JsonValue,
  generation: ChainRecord['generation'],
  newId: NewId,
): Proposal {
  const id = element.text('id')
  const uses = element.text('uses')
  const args = element.object('args')
  const argsHash = canonicalHash(args ?? {})
  return {
    id: id || newId(callKey(uses, argsHash)),
    hasOwnId: id !== '',
    name: element.text('name'),
    uses,
    args,
    argsHash,
    isForced: element.flag('force'),
    // The generation of `init` and `exit` aborts and commits there: here both are unknown fields.
    isAbort: generation === 'commit' && element.flag('abort'),
    commits: generation === 'commit' ? readCommits(element) : [],
    approval: readApproval(element.any('approval'), element.place('approval')),
    raisedEffect: readEffect(element.text('effect'), element.place('effect')),
    member,
  }
}

function readCommits(element: ResultObject): CommitSpec[] {
  return element.objects('commit').map((commit) => ({ ...readAttribute(commit), path: commit.text('path') }))
}

function readEffect(text: string, where: string): Effect | null {
  if (text === '') return null
  if (text === 'observe' || text === 'notify' || text === 'contain') return text
  throw wrongValue(where, text, 'observe, notify or contain is')
}

function readApproval(value: JsonValue, where: string): ApprovalRequest {
  const none = { required: null, reason: '', expiresInMs: null, isEditable: true, isEndAsked: true }
  if (value === null) return none
  if (typeof value === 'boolean') return { ...none, required: value }
  if (typeof value !== 'object' || Array.isArray(value))
    throw wrongValue(where, value, 'a boolean or {required, reason, expires_in, editable, at_end} is')
  return {
    required: flagOf(value, 'required', where),
    reason: reasonOf(value, where),
    expiresInMs: expiryOf(value['expires_in'], where),
    isEditable: flagOf(value, 'editable', where),
    isEndAsked: flagOf(value, 'at_end', where),
  }
}

/** True unless it says false; anything else is a mistake, which must not waive what it meant to ask for. */
function flagOf(approval: JsonObject, name: 'required' | 'editable' | 'at_end', where: string): boolean {
  const value = approval[name] ?? true
  if (typeof value === 'boolean') return value
  throw wrongValue(`${where}.${name}`, value, 'a boolean is')
}

function reasonOf(approval: JsonObject, where: string): string {
  const value = approval['reason'] ?? ''
  if (typeof value === 'string') return value
  throw wrongValue(`${where}.reason`, value, 'text is')
}

/** How long an approval waits; null unless the policy says. */
function expiryOf(value: JsonValue | undefined, where: string): number | null {
  if (value === undefined || value === null) return null
  const ms = readDuration(value)
  if (ms !== null) return ms
  throw wrongValue(`${where}.expires_in`, value, `${DURATION_FORMS} are`)
}

const EFFECT_RANK: Record<Effect, number> = { observe: 0, notify: 1, contain: 2 }

/** The stronger of what the action declares and what the policy asks for. */
export function effectiveEffect(declared: Effect, raised: Effect | null): Effect {
  return raised !== null && EFFECT_RANK[raised] > EFFECT_RANK[declared] ? raised : declared
}

/**
 * Whether an action waits for the analyst (`design.md` §5, `interfaces.md` §5).
 * @param act nobody waives the approval of what cannot be taken back
 * @param request what the policy's result says; only under *By policy* may it waive the approval
 */
export function mustWait(
  mode: ResponseMode,
  { effect, isIrreversible }: { effect: Effect; isIrreversible: boolean },
  request: ApprovalRequest,
): boolean {
  if (request.required === true) return true
  switch (mode) {
    case 'off':
    case 'dry-run':
      return false
    case 'ask':
      return isIrreversible || effect !== 'observe'
    case 'policy':
      return isIrreversible || (effect === 'contain' && request.required !== false)
  }
}

/** `args` as an object: AlertChain's null is an empty one. */
export function argsObject(args: JsonValue): JsonObject {
  if (args === null) return {}
  if (typeof args !== 'object' || Array.isArray(args))
    throw new TocsinError('invalid_args', 'The arguments of an action are an object')
  return args
}
