import type { Mutation } from './mutation.ts'

const CONTAINMENT = 'electron/engine/actions/containment-run.ts'
const CONTAINMENT_TEST = 'electron/engine/actions/containment.test.ts'
const UNDO = 'electron/engine/chain/containing/undo.ts'
const HANDLED = 'electron/engine/chain/handled.test.ts'

/** What changes a target at a service, and what of it is taken back. */
export const CONTAINMENT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a request is sent though the target changed since the plan',
    file: CONTAINMENT,
    from: 'if (differences.length > 0 && !isResumed) throw changed(differences)',
    to: '',
    test: CONTAINMENT_TEST,
  },
  {
    name: 'what is so already is changed once more',
    file: CONTAINMENT,
    from: "if (found.is === 'so') return",
    to: "if (found.is === 'so' && id === '') return",
    test: CONTAINMENT_TEST,
  },
  {
    name: 'the service’s word is taken for the target’s',
    file: CONTAINMENT,
    from: 'const lost = await sent(containment, args, reading, context)\n',
    to: 'const lost = await sent(containment, args, reading, context)\n  if (lost === null) return resultOf(id, { isChanged: true, before, after: before })\n',
    test: CONTAINMENT_TEST,
  },
  {
    name: 'a gateway’s error counts as not done',
    file: CONTAINMENT,
    from: ' || (error.hasLeft && (error.status ?? 0) >= 500)',
    to: '',
    test: CONTAINMENT_TEST,
  },
  {
    name: 'a probe takes credit for what was so before',
    file: CONTAINMENT,
    from: "const isChanged = containment.standing(planned.state, args, null).is === 'open'",
    to: 'const isChanged = true',
    test: CONTAINMENT_TEST,
  },
  {
    name: 'the undo asks for the name again instead of the id',
    file: 'electron/engine/actions/okta-suspend-user.ts',
    from: 'args: { ...args, user_id: done.data.id }',
    to: 'args',
    test: CONTAINMENT_TEST,
  },
  {
    name: 'a token’s own user may be meant',
    file: 'electron/engine/actions/okta-client.ts',
    from: '(?!me$)',
    to: '',
    test: CONTAINMENT_TEST,
  },
  {
    name: 'what somebody else changed since is undone',
    file: UNDO,
    from: '    assertAsLeft(attempt.result, inverse.plan)\n',
    to: '',
    test: HANDLED,
  },
  {
    name: 'the undo of what changed nothing is said to have no inverse',
    file: UNDO,
    from: '    if (changedNothing(attempt.result)) throw nothingChanged()\n',
    to: '',
    test: HANDLED,
  },
  {
    name: 'what changed nothing has an inverse',
    file: 'electron/engine/actions/action-definition.ts',
    from: 'changedNothing(result) ? null : ',
    to: '',
    test: CONTAINMENT_TEST,
  },
  {
    name: 'what was requested is sent again after a restart',
    file: 'electron/engine/chain/rounds/machine.ts',
    from: "if (confirming && chain.isStopping) return { do: 'leave', action: confirming }",
    to: "if (confirming) return { do: 'execute', action: confirming }",
    test: 'electron/engine/chain/containing/containing.test.ts',
  },
  {
    name: 'a service whose states follow late is asked again after a crash',
    file: CONTAINMENT,
    from: "containment.showsLate ? accepted(false) : { state: 'not_done' }",
    to: "{ state: 'not_done' }",
    test: CONTAINMENT_TEST,
  },
  {
    name: 'what may not have been taken is looked for all day',
    file: 'electron/engine/chain/containing/confirmation-times.ts',
    from: 'isTaken ? TAKEN_MS : NOT_TAKEN_MS',
    to: 'TAKEN_MS',
    test: 'electron/engine/chain/containing/containing.test.ts',
  },
  {
    name: 'a restart forgets what is not confirmed',
    file: 'electron/engine/chain/containing/containing.ts',
    from: '    this.#confirmations.start()\n',
    to: '',
    test: 'electron/engine/chain/containing/containing.test.ts',
  },
  {
    name: 'drift is news at every look',
    file: 'electron/engine/chain/containing/containment-watch.ts',
    from: '    if (was === found.standing) return true\n',
    to: '',
    test: 'electron/engine/chain/containing/containing.test.ts',
  },
  {
    name: 'targets are read while nothing may run',
    file: 'electron/engine/chain/containing/containment-watch.ts',
    from: '    const isQuiet = this.#isQuiet()\n',
    to: '    const isQuiet = false\n',
    test: 'electron/engine/chain/containing/containing.test.ts',
  },
  {
    name: 'what changed counts as ended',
    file: 'electron/engine/chain/containing/containment-watch.ts',
    from: 'if (found?.isReleased !== true) {',
    to: "if (found?.standing !== 'drifted') {",
    test: 'electron/engine/chain/containing/containing.test.ts',
  },
  {
    name: 'an end that came to nothing is forgotten',
    file: 'electron/engine/chain/containing/containment-watch.ts',
    from: 'await this.#noteEnd(attemptId, this.#deps.clock.now() + CHECK_EVERY_MS, null)',
    to: 'await this.#noteEnd(attemptId, null, null)',
    test: 'electron/engine/chain/containing/containing.test.ts',
  },
  {
    name: 'an undo at its time asks nobody',
    file: UNDO,
    from: 'const isAsked = by === ANALYST || mustWait(this.#deps.mode(), inverse.facts, atEnd(done))',
    to: 'const isAsked = by === ANALYST',
    test: 'electron/engine/chain/containing/containing.test.ts',
  },
]
