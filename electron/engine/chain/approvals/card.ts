import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ApprovalCard, Asked } from '../../../../shared/model/views.ts'
import { TocsinError } from '../../../../shared/errors.ts'
import type { ActionFacts, ActionPlan } from '../../actions/action-port.ts'
import { hasHandle } from '../../secrets/handles.ts'
import type { ChainDeps } from '../chain-deps.ts'
import { explainLate } from './late-asking.ts'
import { cardHash, editedHash, type Decisions } from './decisions.ts'
import { planAct } from '../rounds/act-plan.ts'
import { argsObject } from '../rounds/proposals.ts'
import type { ActionRecord, ApprovalRecord, Difference } from '../records/records.ts'
import { subjectOf } from '../rounds/subject.ts'

type PlanRow = ActionPlan['rows'][number]

/** How many earlier actions on the same target the card shows. */
const HISTORY_LIMIT = 5

/** Puts together what an approval card shows; everything comes from rows, the plan and the policy as they are now. */
export class ApprovalCards {
  readonly #deps: ChainDeps
  readonly #decisions: Decisions

  constructor(deps: ChainDeps, decisions: Decisions) {
    this.#deps = deps
    this.#decisions = decisions
  }

  /** @throws TocsinError `action_missing`, `not_waiting` */
  async card(actionId: string): Promise<ApprovalCard> {
    const { stale, refusal } = await this.#decisions.refresh(actionId)
    const action = this.#deps.chains.action(actionId)
    const approval = this.#deps.approvals.ofAction(actionId)
    if (!approval) throw new TocsinError('not_waiting', 'This action was never asked about')
    const chain = this.#deps.chains.chain(action.chainId)
    const facts = this.#deps.actions.describe(action.uses, action.args, chain.policyVersionId)
    const policy = await this.#deps.policy.version(chain.policyVersionId)
    const { alertId, reportId, title, severity } = this.#deps.chains.subjectHead(chain)
    const asked = this.#deps.chains.asked(actionId)
    const args = approval.editedArgs ?? argsObject(action.args)
    return {
      refusal,
      undoes: chain.undoOf,
      confirm: this.#decisions.confirmationOf(action, args),
      ...cardFacts(facts, action, approval),
      ...cardDecision(approval, stale),
      actionId,
      chainId: chain.id,
      alertId,
      reportId,
      alertTitle: title,
      severity,
      asked,
      // An undo was the analyst's idea.
      canExplain: asked === null && chain.trigger !== 'undo',
      history: this.#deps.chains.historyOf(action, HISTORY_LIMIT),
      policyNumber: policy.number,
      state: action.state,
    }
  }

  /**
   * Finds out which rule asked, where it is not known yet, and stores it.
   * @returns null where no rule can be told
   * @throws TocsinError `action_missing`, `not_explainable`
   */
  async explain(actionId: string): Promise<Asked | null> {
    const { chains, writer, bus } = this.#deps
    const action = chains.action(actionId)
    const { id, subjectId, trigger } = chains.chain(action.chainId)
    if (trigger === 'undo') throw new TocsinError('not_explainable', 'No rule asked for this: you did')
    const known = chains.asked(actionId)
    const asked = known ?? (await explainLate(this.#deps, action))
    if (asked === null || known !== null) return asked
    await writer.commit('chain-decide', () => chains.setAsked(actionId, asked))
    bus.changed('approvals', { alertIds: [subjectId], chainIds: [id] })
    return asked
  }

  /**
   * What would happen with changed arguments, and the hash that approving them must carry.
   * @throws TocsinError `not_editable`, `invalid_args`, `target_protected`, and what a plan throws
   */
  async planEdited(
    actionId: string,
    changes: JsonObject,
  ): Promise<{ plan: PlanRow[]; boundHash: string; confirm: string }> {
    const action = this.#deps.chains.action(actionId)
    const approval = this.#deps.approvals.ofAction(actionId)
    if (!approval) throw new TocsinError('not_waiting', 'This action was never asked about')
    const args = this.#decisions.argsToRun(action, approval, changes)
    const chain = this.#deps.chains.chain(action.chainId)
    const plan = await planAct(this.#deps, chain, { ...action, args }, subjectOf(this.#deps, chain))
    const card = cardHash(approval, approval.staleReason ?? [])
    return {
      plan: plan.rows,
      boundHash: editedHash(card, args, plan.bound),
      confirm: this.#decisions.confirmationOf(action, args),
    }
  }
}

function cardFacts(
  facts: ActionFacts | null,
  action: ActionRecord,
  approval: ApprovalRecord,
): Pick<
  ApprovalCard,
  | 'name'
  | 'title'
  | 'target'
  | 'uses'
  | 'effect'
  | 'effectSentence'
  | 'args'
  | 'plan'
  | 'canPreview'
  | 'isIdempotent'
  | 'undo'
  | 'isEditable'
  | 'argsSchema'
> {
  return {
    name: approval.editedArgs === null ? action.name : '',
    title: action.title,
    target: action.target,
    uses: action.uses,
    effect: action.effect ?? 'contain',
    effectSentence: facts?.effectSentence ?? '',
    args: cardArgs(facts, argsObject(action.args), approval),
    plan: approval.plan.rows,
    canPreview: facts?.canPreview ?? false,
    isIdempotent: facts?.isIdempotent ?? false,
    undo: facts?.undo ?? null,
    isEditable: approval.isEditable && facts !== null,
    argsSchema: facts === null ? {} : markedSchema(facts),
  }
}

/** The action's JSON Schema; `readOnly` marks what the analyst may not change, `writeOnly` what only the vault fills. */
function markedSchema({ argsSchema, lockedArgs }: ActionFacts): JsonValue {
  if (!isObject(argsSchema) || !isObject(argsSchema['properties'])) return argsSchema
  const properties = Object.entries(argsSchema['properties']).map(([key, property]) => {
    const marks = {
      ...(lockedArgs.includes(key) ? { readOnly: true } : {}),
      ...(isSecretName(key) ? { writeOnly: true } : {}),
    }
    return [key, isObject(property) ? { ...property, ...marks } : property]
  })
  return { ...argsSchema, properties: Object.fromEntries(properties) as JsonObject }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSecretName(key: string): boolean {
  return key.startsWith('secret_')
}

function cardArgs(facts: ActionFacts | null, args: JsonObject, approval: ApprovalRecord): ApprovalCard['args'] {
  return Object.entries(args).map(([key, value]) => {
    const edited = approval.editedArgs?.[key]
    const isEdited = edited !== undefined && JSON.stringify(edited) !== JSON.stringify(value)
    return {
      key,
      value,
      // A URL or a header may hold a secret; where it holds none, there is nothing to hide.
      isSecret: isSecretName(key) || hasHandle(value),
      isEditable: approval.isEditable && !(facts?.lockedArgs.includes(key) ?? true),
      ...(isEdited ? { edited } : {}),
    }
  })
}

function cardDecision(
  approval: ApprovalRecord,
  stale: Difference[],
): Pick<ApprovalCard, 'policyReason' | 'beyondCap' | 'boundHash' | 'createdAt' | 'expiresAt' | 'stale'> {
  return {
    policyReason: approval.reason,
    beyondCap: approval.beyondCap,
    boundHash: cardHash(approval, stale),
    createdAt: approval.createdAt,
    expiresAt: approval.expiresAt,
    stale: stale.length === 0 ? null : stale,
  }
}
