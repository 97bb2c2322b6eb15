import type { Mutation } from './mutation.ts'

const ROUNDS = 'electron/engine/chain/rounds'
const FIRST_ROUNDS = `${ROUNDS}/first-rounds.ts`
const AT_HAND = `${ROUNDS}/first-round-at-hand.ts`
const SERVICE = 'electron/engine/chain/chain-service.ts'
const KEPT = 'electron/engine/policy/kept-handles.ts'

const FIRST = `${ROUNDS}/first-rounds.test.ts`
const BOTH = 'tests/faults/both-ways.test.ts'

/** A first round that is evaluated with its event, and what may come between the two. */
export const FIRST_ROUND_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a first round that failed counts as one that proposes nothing',
    file: FIRST_ROUNDS,
    from: "generation === 'commit' && failure === null && proposals.length === 0",
    to: "generation === 'commit' && proposals.length === 0",
    test: FIRST,
    title: 'takes what was evaluated, with its failure',
  },
  {
    name: 'a first round that proposes something counts as one that proposes nothing',
    file: FIRST_ROUNDS,
    from: 'failure === null && proposals.length === 0',
    to: 'failure === null',
    test: FIRST,
    title: 'nothing: the round is taken as it is',
  },
  {
    name: 'a chain ends with a first round of another mode',
    file: SERVICE,
    from: "firstRound.mode === this.#deps.mode() && namespace === ''",
    to: "namespace === ''",
    test: FIRST,
    title: 'another mode: the evaluation is passed over',
  },
  {
    name: 'a chain ends before those of its namespace',
    file: SERVICE,
    from: " && firstRound.mode === this.#deps.mode() && namespace === ''",
    to: ' && firstRound.mode === this.#deps.mode()',
    test: BOTH,
  },
  {
    name: 'a first round that a switch of the mode passes over is not on record',
    file: SERVICE,
    from: 'if (isPassedOver) this',
    to: 'if (!isPassedOver && firstRound) this',
    test: FIRST,
    title: '*Off*: the chain is held',
  },
  {
    name: 'a first round is taken though its input is another one',
    file: AT_HAND,
    from: 'one.kind === kind && one.inputSha256 === inputSha256',
    to: 'one.kind === kind',
    test: FIRST,
    title: 'a variable: what the chain sees decides',
  },
  {
    name: 'a first round is taken however old it is',
    file: AT_HAND,
    from: 'if (now - atHand.at > MAX_AGE_MS) return null',
    to: 'if (now < 0) return null',
    test: FIRST,
    title: 'a minute: the policy knows the time',
  },
  {
    name: 'a first round that is passed over is not on record',
    file: 'electron/engine/chain/execution/runner.ts',
    from: 'const passedOver = taken ? null : atHand',
    to: 'const passedOver = null',
    test: FIRST,
    title: 'a variable: what the chain sees decides',
  },
  {
    name: 'a first round that is passed over counts as taken',
    file: `${ROUNDS}/round-commit.ts`,
    from: 'eventId: chain.eventId, isTaken: false, mode',
    to: 'eventId: chain.eventId, isTaken: true, mode',
    test: FIRST,
    title: 'a variable: what the chain sees decides',
  },
  {
    name: 'the environment of a first round is not kept with its chain',
    file: 'electron/engine/chain/records/chain-store.ts',
    from: 'env: JSON.stringify(decision.env)',
    to: "env: '{}'",
    test: BOTH,
  },
  {
    name: 'a first round is evaluated with the seed of its event',
    file: FIRST_ROUNDS,
    from: "return sha256(JSON.stringify(['first round', eventSeed, position])).slice(0, eventSeed.length)",
    to: "return position < 0 ? sha256('') : eventSeed",
    test: FIRST,
    title: 'draws for itself',
  },
  {
    name: 'an event whose first round hangs is blamed for it',
    file: 'electron/engine/policy/policy-lane.ts',
    from: '    if (this.#isAtFirstRounds()) {\n      if (elapsedMs',
    to: '    if (this.#isAtFirstRounds() && elapsedMs < 0) {\n      if (elapsedMs',
    test: FIRST,
    title: 'its event and others are answered',
  },
  {
    name: 'an event waits until the full evaluator is ready for its first round',
    file: 'electron/engine/policy/thread-evaluator.ts',
    from: "    if (evaluator === 'full') return { ...failed(NEEDS_FULL, 'The policy is not compiled'), evaluator }\n    return { ...this.#evaluateCompiled(item, input), evaluator }",
    to: '    return this.#evaluateChecked(this.#versions.get(item.versionId), item, input)',
    test: FIRST,
    title: 'is left to its chains',
  },
  {
    name: 'a vault that cannot be asked costs the event its alerts',
    file: 'electron/engine/intake/judge.ts',
    from: 'await deps.firstRoundBasis?.().catch(() => null)',
    to: 'await deps.firstRoundBasis?.()',
    test: FIRST,
    title: 'a vault that cannot be asked',
  },
  {
    name: 'an event that holds a handle is stored as policies see it',
    file: KEPT,
    from: 'stored && input === request.input ? { stored }',
    to: 'stored ? { stored }',
    test: BOTH,
  },
  {
    name: 'a handle stays in what a first round proposes',
    file: KEPT,
    from: 'firstRounds.map((round) => ofRound(round, handles))',
    to: 'firstRounds.map((round) => (handles === null ? ofRound(round, handles) : round))',
    test: BOTH,
  },
  {
    name: '`raw` is in the input though nobody reads it',
    file: `${ROUNDS}/policy-input.ts`,
    from: '...(withRaw ? { raw',
    to: '...(withRaw || forms.raw !== null ? { raw',
    test: `${ROUNDS}/policy-input.test.ts`,
  },
]
