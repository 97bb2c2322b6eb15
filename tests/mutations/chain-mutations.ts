import type { Mutation } from './mutation.ts'

const EXECUTOR = 'electron/engine/chain/execution/executor.ts'
const BINDING = 'electron/engine/chain/rounds/binding.ts'
const WORLD = 'electron/engine/chain/approvals/world.ts'
const OUTCOMES = 'electron/engine/chain/outcomes/outcomes.ts'
const REUSE = 'electron/engine/chain/rounds/reuse.ts'
const RUNS = 'electron/engine/chain/runs/runs.ts'
const UNDO = 'electron/engine/chain/containing/undo.ts'
const MACHINE = 'electron/engine/chain/rounds/machine.ts'
const DECISIONS = 'electron/engine/chain/approvals/decisions.ts'
const PROPOSER = 'electron/engine/chain/rounds/proposer.ts'

const INTENT = 'electron/engine/chain/execution/intent.test.ts'
const BOUND = 'electron/engine/chain/rounds/binding.test.ts'
const STALE = 'electron/engine/chain/approvals/staleness.test.ts'
const OUTCOME = 'electron/engine/chain/outcomes/outcomes.test.ts'
const RERUN = 'electron/engine/chain/runs/rerun.test.ts'

/** What carries an action out, and what an approval is bound to. */
export const CHAIN_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the intent does not look at the mode again',
    file: EXECUTOR,
    from: 'isHeld || this.#deps.mode() !== mode || this.isStopped)',
    to: 'isHeld || this.isStopped)',
    test: INTENT,
  },
  {
    name: 'the intent does not look whether the chain is held',
    file: EXECUTOR,
    from: 'isStopping || isHeld || this.#deps.mode() !== mode',
    to: 'isStopping || this.#deps.mode() !== mode',
    test: INTENT,
  },
  {
    name: 'the intent does not look whether the chain is stopped',
    file: EXECUTOR,
    from: 'present.state !== action.state || isStopping || isHeld',
    to: 'present.state !== action.state || isHeld',
    test: INTENT,
  },
  {
    name: "the intent does not look at the engine's stop",
    file: EXECUTOR,
    from: 'this.#deps.mode() !== mode || this.isStopped)',
    to: 'this.#deps.mode() !== mode)',
    test: INTENT,
  },
  {
    name: 'a round is committed though the mode is another one',
    file: 'electron/engine/chain/rounds/round-commit.ts',
    from: 'isStopping || isHeld || this.#deps.mode() !== mode\n',
    to: 'isStopping || isHeld\n',
    test: STALE,
  },
  {
    name: 'a round is committed though the chain is held',
    file: 'electron/engine/chain/rounds/round-commit.ts',
    from: 'isStopping || isHeld || this.#deps.mode() !== mode\n',
    to: 'isStopping || this.#deps.mode() !== mode\n',
    test: INTENT,
  },
  {
    name: 'a round is committed though the chain is stopped',
    file: 'electron/engine/chain/rounds/round-commit.ts',
    from: 'isStopping || isHeld || this.#deps.mode() !== mode\n',
    to: 'isHeld || this.#deps.mode() !== mode\n',
    test: INTENT,
  },
  {
    name: 'an approval whose time is up runs',
    file: EXECUTOR,
    from: 'if (approval && approval.expiresAt <= this.#deps.clock.now() && !mayHaveHappened(earlier))',
    to: 'if (approval && approval.expiresAt < 0 && !mayHaveHappened(earlier))',
    test: STALE,
  },
  {
    name: 'an approval is not compared with the world at execution',
    file: EXECUTOR,
    from: 'if (worldHash(now, args) === approval.decidedHash) return false',
    to: 'if (now !== null) return false',
    test: 'electron/engine/chain/approvals/approvals.test.ts',
  },
  {
    name: 'a policy lowers the effect of an action',
    file: 'electron/engine/chain/rounds/proposals.ts',
    from: 'return raised !== null && EFFECT_RANK[raised] > EFFECT_RANK[declared] ? raised : declared',
    to: 'return raised ?? declared',
    test: 'electron/engine/chain/rounds/proposals.test.ts',
  },
  {
    name: 'an edit lowers the effect of an action',
    file: DECISIONS,
    from: 'effectiveEffect(action.effect ?? facts.effect, facts.effect)',
    to: 'facts.effect',
    test: STALE,
  },
  {
    name: '`called` is in the order of the rows',
    file: 'electron/engine/chain/rounds/history.ts',
    from: '    .toSorted((a, b) => (a.settledOrder ?? 0) - (b.settledOrder ?? 0))\n',
    to: '',
    test: OUTCOME,
  },
  {
    name: 'a round goes on after a failed exit',
    file: OUTCOMES,
    from: 'if (exit?.failure || haltsRound(settled, chain.generation))',
    to: 'if (haltsRound(settled, chain.generation))',
    test: OUTCOME,
  },
  {
    name: 'another round begins after a failed exit',
    file: OUTCOMES,
    from: 'if (exit.isAborted || exit.failure) this.#deps.chains.abortRound',
    to: 'if (exit.isAborted) this.#deps.chains.abortRound',
    test: OUTCOME,
  },
  {
    name: 'a round goes on after an executed abort',
    file: MACHINE,
    from: 'return isHaltingFailure(settled, generation) || isExecutedAbort(settled)',
    to: 'return isHaltingFailure(settled, generation)',
    test: 'electron/engine/chain/chain-service.test.ts',
  },
  ...(['uses: ""', 'args: null', 'commit: []', 'plan: null', "roundInput: ''", "policyVersion: ''"] as const).map(
    (member) => ({
      name: `the bound hash leaves out ${member.split(':')[0]}`,
      file: BINDING,
      from: 'return canonicalHash(boundRecord(bound))',
      to: `return canonicalHash(boundRecord({ ...bound, ${member} }))`,
      test: BOUND,
    }),
  ),
  {
    name: "an approval is not bound to the round's input",
    file: PROPOSER,
    from: "roundInput: context.run?.inputSha256 ?? ''",
    to: "roundInput: ''",
    test: BOUND,
  },
  {
    name: 'an approval is not bound to the policy version',
    file: PROPOSER,
    from: 'policyVersion: context.chain.policyVersionId,\n',
    to: "policyVersion: '',\n",
    test: BOUND,
  },
  {
    name: 'an approval is not bound to the plan',
    file: PROPOSER,
    from: 'plan: plan.bound,\n    roundInput',
    to: 'plan: null,\n    roundInput',
    test: BOUND,
  },
  {
    name: 'staleness draws random values of its own',
    file: WORLD,
    from: 'seed: decision.seed,',
    to: 'seed: deps.ids.seed(),',
    test: STALE,
  },
  {
    name: 'staleness has a clock of its own',
    file: WORLD,
    from: 'nowNs: decision.nowNs,',
    to: 'nowNs: deps.clock.nowNs(),',
    test: STALE,
  },
  {
    name: 'staleness does not see the environment of the round',
    file: WORLD,
    from: 'env: recordedEnv(decision.inputParts),',
    to: 'env: {},',
    test: STALE,
  },
  {
    name: 'staleness does not see what had run',
    file: WORLD,
    from: 'called: history.called,',
    to: 'called: [],',
    test: STALE,
  },
  {
    name: 'an unknown outcome is not listed before a re-run',
    file: REUSE,
    from: "(state === 'succeeded' || state === 'unknown')",
    to: "state === 'succeeded'",
    test: RERUN,
  },
  {
    name: 'what a re-run takes over is listed as if it ran again',
    file: REUSE,
    from: '!kept.has(id) && effect',
    to: 'effect',
    test: RERUN,
  },
  {
    name: 'earlier actions that wait are superseded as well',
    file: MACHINE,
    from: 'other.position > settled.position && isUnstarted(other)',
    to: 'isUnstarted(other)',
    test: OUTCOME,
  },
  {
    name: 'a re-run begins beside an open run',
    file: RUNS,
    from: 'if (this.#deps.chains.hasOpenRun(old))',
    to: 'if (old.id === id)',
    test: RERUN,
  },
  {
    name: 'a re-run does not look again, in its transaction, at what it is evaluated from',
    file: RUNS,
    from: 'assertEvaluable(this.#deps, request, old)\n      const attrs',
    to: 'const attrs',
    test: 'electron/engine/chain/deleted.test.ts',
  },
  {
    name: 'an undo does not look again, in its transaction, for another one',
    file: UNDO,
    from: '      const other = this.#deps.chains.openUndoOf(attemptId)\n      if (other) return other\n',
    to: '',
    test: RERUN,
  },
  {
    name: 'an undo does not look again, in its transaction, whether it is done',
    file: UNDO,
    from: 'this.#assertInForce(attemptId)\n      this.#insertChain',
    to: 'this.#insertChain',
    test: RERUN,
  },
  {
    name: 'a containment is lifted though it is in force no more',
    file: UNDO,
    from: 'this.#assertInForce(attemptId)\n      const open = this.#deps.chains.openUndoOf(attemptId)',
    to: 'const open = this.#deps.chains.openUndoOf(attemptId)',
    test: 'electron/engine/chain/handled.test.ts',
  },
  {
    name: 'a containment is lifted while its undo waits',
    file: UNDO,
    from: '|| approval.staleAt === null) throw undoOpen()',
    to: ') throw undoOpen()',
    test: 'electron/engine/chain/handled.test.ts',
  },
  {
    name: 'what an earlier attempt may have done is called not run',
    file: 'electron/engine/chain/outcomes/end-unrun.ts',
    from: 'if (!mayHaveHappened(deps.approvals.latestAttempt(action.id)))',
    to: "if (action.id !== '')",
    test: OUTCOME,
  },
  {
    name: 'a plan that fails says that an earlier attempt did not happen',
    file: OUTCOMES,
    from: "outcome.outcome === 'failed' && mayHaveHappened",
    to: "outcome.outcome === 'succeeded' && mayHaveHappened",
    test: OUTCOME,
  },
  {
    name: 'a card that is out of date is rejected',
    file: DECISIONS,
    from: 'if (request.boundHash !== cardHash(approval, approval.staleReason ?? [])) throw outOfDate()',
    to: '',
    test: 'electron/engine/chain/approvals/approvals.test.ts',
  },
]
