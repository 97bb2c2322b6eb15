import { TocsinError } from '../../../../shared/errors.ts'
import { actInWords } from '../../../../shared/model/act-title.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { ActionFacts, ActionPlan } from '../../actions/action-port.ts'
import { changedNothing } from '../../actions/prior-state.ts'
import { canonicalHash } from '../../forms/canonical.ts'
import { resultDeleted } from '../../store/deleted.ts'
import type { Tx } from '../../store/writer.ts'
import type { NewApproval } from '../records/approval-store.ts'
import { boundHash, boundRecord, type Bound } from '../rounds/binding.ts'
import { aboutAction } from '../records/actors.ts'
import { ANALYST, SYSTEM, type ChainDeps } from '../chain-deps.ts'
import type { NewAction } from '../records/chain-store.ts'
import type { ActionRecord, ChainRecord } from '../records/records.ts'
import { notRunLifted } from '../outcomes/not-run.ts'
import { endUnrun } from '../outcomes/end-unrun.ts'
import { assertAsLeft } from '../rounds/as-left.ts'
import { namedAct } from '../rounds/history.ts'
import { mustWait, type ApprovalRequest } from '../rounds/proposals.ts'
import { subjectOf } from '../rounds/subject.ts'

interface Inverse {
  uses: string
  args: JsonObject
  facts: ActionFacts
  plan: ActionPlan
}

/** Why the desk itself proposes an undo. */
const TIME_IS_UP = 'Its time is up'

/** What an approval of an undo is about. */
interface Undoing {
  done: ActionRecord
  inverse: Inverse
  old: ChainRecord
  by: string
}

/** Undoing a containment: the inverse action as a chain of its own, which waits for the analyst like any other. */
export class ChainUndo {
  readonly #deps: ChainDeps

  constructor(deps: ChainDeps) {
    this.#deps = deps
  }

  /**
   * Proposes the inverse of a succeeded attempt. Asked again while one waits, it answers with that one.
   * @param by the analyst, whose undo always waits; `system` when its time is up: then it waits unless the policy said otherwise
   * @returns the action that now waits, or runs
   * @throws TocsinError `not_undoable`, `already_undone`, `result_deleted`; `nothing_to_undo` where the target was so before;
   *   `changed_since` with the difference where it is not as it was left; and what planning the inverse throws
   */
  async propose(
    attemptId: string,
    by: typeof ANALYST | typeof SYSTEM = ANALYST,
  ): Promise<{ chainId: string; actionId: string }> {
    const earlier = this.#deps.chains.openUndoOf(attemptId)
    if (earlier) return earlier
    const attempt = this.#deps.approvals.attempt(attemptId)
    if (attempt?.outcome !== 'succeeded') throw notUndoable()
    this.#assertInForce(attemptId)
    const done = this.#deps.chains.action(attempt.actionId)
    const old = this.#deps.chains.chain(done.chainId)
    if (attempt.isResultDeleted) throw resultDeleted(done.title)
    if (changedNothing(attempt.result)) throw nothingChanged()
    const found = this.#deps.actions.inverse(attempt.uses, attempt.args, attempt.result, old.policyVersionId)
    const inverse = found && (await this.#inverse(found, old))
    if (!inverse) throw notUndoable()
    assertAsLeft(attempt.result, inverse.plan)
    const chainId = this.#deps.ids.uuid()
    const isAsked = by === ANALYST || mustWait(this.#deps.mode(), inverse.facts, atEnd(done))
    const action = inverseAction(this.#deps.ids.uuid(), { chainId, inverse, isAsked })
    const known = await this.#deps.writer.commit('chain-rerun', (tx) => {
      // Another window may have been faster while the inverse was planned.
      const other = this.#deps.chains.openUndoOf(attemptId)
      if (other) return other
      this.#assertInForce(attemptId)
      this.#insertChain(tx, chainId, attemptId, old)
      this.#deps.chains.insertAction(tx, action)
      if (isAsked) {
        this.#deps.approvals.insert(tx, this.#approval(tx, action, { done, inverse, old, by }))
        this.#deps.chains.moveChain(tx, chainId, 'waiting')
      }
      const after = { chain: chainId, action: action.id }
      const reason = by === SYSTEM ? TIME_IS_UP : ''
      tx.act({ by, kind: 'containment.undo', ...aboutAction(done), after, reason })
      return null
    })
    if (known) return known
    const ids = { alertIds: [old.subjectId], chainIds: [chainId] }
    this.#deps.bus.changed(['chains', 'approvals', 'containments', 'alerts'], ids)
    if (by === SYSTEM && isAsked) {
      const { alertId } = this.#deps.chains.subjectHead(old)
      this.#deps.bus.news('waiting', `${TIME_IS_UP}: ${actInWords(action)}`, { alertId, actionId: action.id })
    }
    return { chainId, actionId: action.id }
  }

  /**
   * Takes the analyst's word that a containment was ended elsewhere: it is in force no more, and nothing runs. Its undo is
   * withdrawn where that waits and is refused, since the target is not as it was left.
   * @returns the chain of the undo that was withdrawn
   * @throws TocsinError `already_undone`; `undo_open` while its undo waits or runs: that is answered first
   */
  async lift(attemptId: string, reason: string): Promise<string | null> {
    const attempt = this.#deps.approvals.attempt(attemptId)
    if (attempt === null) throw alreadyUndone()
    const action = this.#deps.chains.action(attempt.actionId)
    const withdrawn = await this.#deps.writer.commit('containment-lift', (tx) => {
      this.#assertInForce(attemptId)
      const open = this.#deps.chains.openUndoOf(attemptId)
      if (open) this.#withdraw(tx, open.actionId, reason)
      tx.act({ by: ANALYST, kind: 'containment.lift', ...aboutAction(action), reason })
      return open?.chainId ?? null
    })
    const { subjectId, id } = this.#deps.chains.chain(action.chainId)
    this.#deps.bus.changed(['chains', 'approvals', 'containments', 'alerts', 'state'], {
      alertIds: [subjectId],
      chainIds: [id],
    })
    return withdrawn
  }

  /** @throws TocsinError `undo_open` where it can still be approved, or runs */
  #withdraw(tx: Tx, actionId: string, reason: string): void {
    const undo = this.#deps.chains.action(actionId)
    const approval = this.#deps.approvals.ofAction(actionId)
    if (undo.state !== 'waiting' || !approval || approval.staleAt === null) throw undoOpen()
    endUnrun(this.#deps, tx, undo, 'superseded', { error: notRunLifted(), by: ANALYST, why: reason })
    this.#deps.approvals.close(tx, approval.id, 'withdrawn', ANALYST, reason)
  }

  #assertInForce(attemptId: string): void {
    if (!this.#deps.approvals.isInForce(attemptId)) throw alreadyUndone()
  }

  async #inverse(found: { uses: string; args: JsonObject }, old: ChainRecord): Promise<Inverse | null> {
    const facts = this.#deps.actions.describe(found.uses, found.args, old.policyVersionId)
    if (!facts) return null
    const subject = subjectOf(this.#deps, old)
    return { ...found, facts, plan: await this.#deps.actions.plan(found.uses, found.args, subject) }
  }

  /** A chain of one round that no policy evaluates. */
  #insertChain(tx: Tx, id: string, undoOf: string, old: ChainRecord): void {
    const { subjectId, policyVersionId, attrs } = old
    this.#deps.chains.insertChain(tx, {
      id,
      subjectKind: old.subjectKind,
      subjectId,
      runNo: this.#deps.chains.nextRunNo(old),
      policyVersionId,
      attrs,
      undoOf,
      rerunOf: null,
      rerunWhat: null,
      rerunFrom: null,
      trigger: 'undo',
      generation: 'commit',
      namespace: '',
    })
    this.#deps.chains.moveChain(tx, id, 'running')
    const round = { chainId: id, no: 0, decisionId: null, attrsBefore: attrs, isAborted: false }
    this.#deps.chains.insertRound(tx, round, null)
  }

  #approval(tx: Tx, action: NewAction, { done, inverse, old, by }: Undoing): NewApproval {
    const { uses, args, plan } = inverse
    const bound: Bound = {
      uses,
      args,
      commit: [],
      plan: plan.bound,
      roundInput: '',
      policyVersion: old.policyVersionId,
    }
    return {
      id: this.#deps.ids.uuid(),
      actionId: action.id,
      boundHash: boundHash(bound),
      bound: { ...boundRecord(bound), versions: [] },
      plan,
      isEditable: false,
      beyondCap: '',
      reason: `${by === SYSTEM ? TIME_IS_UP : 'Undo'}: ${actInWords(namedAct(this.#deps, done))}`,
      expiresAt: tx.at + this.#deps.expiryMs(),
    }
  }
}

function alreadyUndone(): TocsinError {
  return new TocsinError('already_undone', 'This has been undone or lifted already: nothing is in force any more')
}

function undoOpen(): TocsinError {
  return new TocsinError('undo_open', 'Its undo was proposed: answer that first, under Waiting for you')
}

function nothingChanged(): TocsinError {
  return new TocsinError(
    'nothing_to_undo',
    'It was so already when this ran, so nothing was changed and there is nothing to take back. Who did it before can undo it; mark it as lifted to take it off the list',
  )
}

function notUndoable(): TocsinError {
  return new TocsinError('not_undoable', 'This action has no inverse: undo it by hand and note it on the alert')
}

/** Of what the policy said about the containment, what holds for its end. */
function atEnd({ isEndAsked }: ActionRecord): ApprovalRequest {
  return { required: isEndAsked ? null : false, reason: '', expiresInMs: null, isEditable: false, isEndAsked }
}

function inverseAction(
  id: string,
  { chainId, inverse: { uses, args, facts, plan }, isAsked }: { chainId: string; inverse: Inverse; isAsked: boolean },
): NewAction {
  return {
    id,
    chainId,
    roundNo: 0,
    position: 0,
    policyId: 'undo',
    hasOwnId: true,
    name: '',
    uses,
    args,
    argsHash: canonicalHash(args),
    isForced: false,
    isAbort: false,
    isEndAsked: true,
    commits: [],
    effect: facts.effect,
    title: facts.title,
    target: facts.target,
    targetKey: facts.targetKey,
    targets: [],
    rules: [],
    isIrreversible: facts.isIrreversible,
    needsApproval: isAsked,
    asked: null,
    plan,
    state: isAsked ? 'waiting' : 'proposed',
    resolvedCommits: [],
    reusedFrom: null,
    error: null,
  }
}
