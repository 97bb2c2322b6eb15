import { TocsinError } from '../../../../shared/errors.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import { ANALYST, type ChainDeps } from '../chain-deps.ts'
import { supersedeUnstarted } from '../outcomes/fail-chain.ts'
import { notRunStopped } from '../outcomes/not-run.ts'
import { aboutChain } from '../records/actors.ts'
import type { ActionRecord, ChainRecord } from '../records/records.ts'
import { assertEvaluable, repeatableEffects, type RerunScope } from '../rounds/reuse.ts'
import { isFinished } from '../records/transitions.ts'

export interface RerunRequest extends RerunScope {
  policy: 'same' | 'current'
  isConfirmed: boolean
}

/** Whole chains by the analyst's hand: stop and re-run. Nothing is overwritten. */
export class ChainRuns {
  readonly #deps: ChainDeps

  constructor(deps: ChainDeps) {
    this.#deps = deps
  }

  /**
   * Takes away what has not started. The running attempt is aborted by the caller; its outcome is still recorded.
   * @param notRun why what it takes away is not run
   * @returns whether there was something to stop
   */
  async stop(chainId: string, reason: string, notRun = notRunStopped(reason)): Promise<boolean> {
    const chain = this.#deps.chains.chain(chainId)
    if (isFinished(chain.state)) return false
    await this.#deps.writer.commit('chain-decide', (tx) => {
      this.#deps.chains.setStopping(tx, chainId)
      if (chain.isHeld) this.#deps.chains.release(tx, chainId)
      supersedeUnstarted(this.#deps, tx, chainId, ANALYST, notRun)
      tx.act({ by: ANALYST, kind: 'chain.stop', ...aboutChain(chainId), before: chain.state, reason })
    })
    this.#deps.bus.changed(['chains', 'approvals', 'alerts'], { alertIds: [chain.subjectId], chainIds: [chainId] })
    return true
  }

  /** What a re-run would repeat, and why it cannot be made, if it cannot. */
  preview(scope: RerunScope): { effects: ActionRecord[]; refusal: Failure | null } {
    try {
      assertEvaluable(this.#deps, scope, this.#deps.chains.chain(scope.id))
      return { effects: repeatableEffects(this.#deps, scope), refusal: null }
    } catch (error) {
      if (!(error instanceof TocsinError)) throw error
      return { effects: [], refusal: { code: error.code, message: error.message } }
    }
  }

  /** @throws TocsinError `not_rerunnable`, `body_deleted`, `result_deleted`, `step_missing`, `confirm_effects` */
  assertRerunnable(request: RerunRequest): void {
    const chain = this.#deps.chains.chain(request.id)
    if (chain.trigger === 'undo')
      throw new TocsinError('not_rerunnable', 'An undo is not run again: undo the containment once more instead')
    assertEvaluable(this.#deps, request, chain)
    if (!request.isConfirmed && repeatableEffects(this.#deps, request).length > 0)
      throw new TocsinError(
        'confirm_effects',
        'Some actions of this chain have taken effect already and would run again: confirm them',
      )
  }

  /**
   * Queues a new chain run. "Failed only" takes over the recorded results of what succeeded, "From this step" those before it.
   * @returns the new chain
   * @throws TocsinError what `assertRerunnable` throws, `no_policy`, `not_finished`, `run_open`
   */
  async rerun(request: RerunRequest): Promise<ChainRecord> {
    const old = this.#deps.chains.chain(request.id)
    this.assertRerunnable(request)
    if (!isFinished(old.state))
      throw new TocsinError(
        'not_finished',
        'An action of this chain has an unknown outcome: say first whether it happened',
      )
    const policy =
      request.policy === 'same' ? await this.#deps.policy.version(old.policyVersionId) : this.#deps.policy.live()
    if (!policy)
      throw new TocsinError('no_policy', 'No policy is live: repair the workspace, or re-run with the same version')
    const id = this.#deps.ids.uuid()
    await this.#deps.writer.commit('chain-rerun', (tx) => {
      if (this.#deps.chains.hasOpenRun(old))
        throw new TocsinError('run_open', 'A later run of this alert has not ended: stop it first, or re-run that one')
      // Age may have taken something since it was looked at; from this commit on the open chain keeps it.
      assertEvaluable(this.#deps, request, old)
      const attrs = this.#deps.alerts.attributes(old)
      const { subjectId, namespace } = old
      this.#deps.chains.insertChain(tx, {
        id,
        subjectKind: old.subjectKind,
        subjectId,
        runNo: this.#deps.chains.nextRunNo(old),
        namespace,
        attrs,
        rerunOf: old.id,
        rerunWhat: request.what,
        rerunFrom: request.what === 'step' ? (request.fromActionId ?? null) : null,
        undoOf: null,
        trigger: 'rerun',
        policyVersionId: policy.id,
        // The older loop is the action policy's alone.
        generation: old.subjectKind === 'report' ? 'commit' : policy.generation,
      })
      this.#deps.resolveProblems(tx, { chainId: old.id }, 'rerun')
      tx.act({
        by: ANALYST,
        kind: 'chain.rerun',
        ...aboutChain(old.id),
        after: { chain: id, what: request.what, from: request.fromActionId ?? null, policy: request.policy },
      })
    })
    this.#deps.bus.changed(['chains', 'alerts', 'problems'], { alertIds: [old.subjectId], chainIds: [old.id, id] })
    return this.#deps.chains.chain(id)
  }
}
