import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { ACTION_STATE_WORDS } from '../../../../shared/model/states.ts'
import type { TogetherResult, TogetherRow } from '../../../../shared/model/together.ts'
import { canonicalHash } from '../../forms/canonical.ts'
import type { ChainDeps } from '../chain-deps.ts'
import { cardHash, type Decided, type Decisions } from './decisions.ts'
import { argsObject } from '../rounds/proposals.ts'
import type { ActionRecord, ApprovalRecord } from '../records/records.ts'

/** Looked at, or decided, at the same time: evaluations and plans run beside each other, their commits share transactions. */
const AT_ONCE = 16

export interface TogetherRequest {
  decision: 'approve' | 'reject'
  /** Each with the hash of what was listed (`TogetherRow.boundHash`). */
  items: readonly { actionId: string; boundHash: string }[]
  reason: string
}

/**
 * One answer for many alike actions. Each is listed before, decided by itself under the rules of a single decision
 * (`decisions.ts`), and told by itself afterwards: nothing is approved that was not listed, or that is not as it was listed.
 */
export class DecisionsTogether {
  readonly #deps: ChainDeps
  readonly #decisions: Decisions

  constructor(deps: ChainDeps, decisions: Decisions) {
    this.#deps = deps
    this.#decisions = decisions
  }

  /**
   * What would be decided, each looked at anew.
   * @throws TocsinError `not_alike`, `action_missing`, `not_waiting`
   */
  async rows(actionIds: readonly string[]): Promise<TogetherRow[]> {
    this.#assertAlike(actionIds)
    const differing = differingKeys(actionIds.map((id) => this.#subject(id).args))
    return inTurns(actionIds, async (actionId) => {
      const { stale } = await this.#decisions.refresh(actionId)
      const { action, approval, args, isIrreversible } = this.#subject(actionId)
      const chain = this.#deps.chains.chain(action.chainId)
      return {
        actionId,
        // The policy's name is of what it proposed.
        name: approval.editedArgs === null ? action.name : '',
        title: action.title,
        target: action.target,
        alertTitle: this.#deps.chains.subjectHead(chain).title,
        differs: differing.map((key) => ({ key, value: args[key] ?? null })),
        boundHash: cardHash(approval, stale),
        state: action.state,
        isStale: stale.length > 0,
        isIrreversible,
      }
    })
  }

  /**
   * Decides each by itself. Only those that this answer decided move.
   * @returns one result per item, in their order
   * @throws TocsinError `not_alike`; what is wrong with a single one is in its result
   */
  async decide({ decision, items, reason }: TogetherRequest): Promise<TogetherResult[]> {
    this.#assertAlike(items.map(({ actionId }) => actionId))
    return inTurns(items, async (item) => {
      const { actionId } = item
      try {
        const decided = await (decision === 'approve'
          ? this.#approve(item, reason)
          : this.#decisions.reject({ ...item, reason }))
        if (decided.isYours) return { actionId, outcome: decision === 'approve' ? 'approved' : 'rejected', message: '' }
        const word = ACTION_STATE_WORDS[decided.state].toLowerCase()
        return { actionId, outcome: 'settled', message: `It was decided before: ${word}` }
      } catch (error) {
        return { actionId, outcome: outcomeOf(errorCode(error)), message: errorMessage(error) }
      }
    })
  }

  async #approve({ actionId, boundHash }: TogetherRequest['items'][number], why: string): Promise<Decided> {
    if (this.#subject(actionId).isIrreversible) {
      throw new TocsinError('irreversible', 'It cannot be undone from here: look at it by itself, then approve')
    }
    return this.#decisions.approve({ actionId, boundHash, why, isStaleConfirmed: false, editedArgs: null })
  }

  #subject(actionId: string): {
    action: ActionRecord
    approval: ApprovalRecord
    args: JsonObject
    isIrreversible: boolean
  } {
    const action = this.#deps.chains.action(actionId)
    const approval = this.#deps.approvals.ofAction(actionId)
    if (!approval) throw new TocsinError('not_waiting', 'This action was never asked about')
    const args = approval.editedArgs ?? argsObject(action.args)
    const { policyVersionId } = this.#deps.chains.chain(action.chainId)
    const facts = this.#deps.actions.describe(action.uses, args, policyVersionId)
    const isContained = action.effect === 'contain' && (facts?.undo ?? null) === null
    return { action, approval, args, isIrreversible: isContained || facts?.isIrreversible === true }
  }

  /** Of one `uses`, and of one rule as far as the rules are known. Ids that do not exist are told one by one. */
  #assertAlike(actionIds: readonly string[]): void {
    const uses = new Set<string>()
    const rules = new Set<string>()
    for (const { actionId, action } of this.#known(actionIds)) {
      const asked = this.#deps.chains.asked(actionId)
      uses.add(action.uses)
      if (asked) rules.add(`${this.#deps.chains.chain(action.chainId).policyVersionId} ${asked.file}:${asked.row}`)
    }
    if (uses.size > 1 || rules.size > 1)
      throw new TocsinError('not_alike', 'These are not of one rule and one action: decide each kind by itself')
  }

  #known(actionIds: readonly string[]): { actionId: string; action: ActionRecord }[] {
    return actionIds.flatMap((actionId) => {
      try {
        return [{ actionId, action: this.#deps.chains.action(actionId) }]
      } catch {
        return []
      }
    })
  }
}

function outcomeOf(code: string): TogetherResult['outcome'] {
  return code === 'stale' || code === 'changed' || code === 'irreversible' ? code : 'failed'
}

/** Arguments that are not the same in all: what a list of alike actions has to show. */
function differingKeys(all: readonly JsonObject[]): string[] {
  const keys = [...new Set(all.flatMap((args) => Object.keys(args)))]
  return keys.filter((key) => new Set(all.map((args) => canonicalHash(args[key] ?? null))).size > 1)
}

async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += AT_ONCE)
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))))
  return results
}
