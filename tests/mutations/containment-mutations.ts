import type { Mutation } from './mutation.ts'

const CONTAINMENT = 'electron/engine/actions/containment-run.ts'
const CONTAINMENT_TEST = 'electron/engine/actions/containment.test.ts'
const UNDO = 'electron/engine/chain/runs/undo.ts'
const HANDLED = 'electron/engine/chain/handled.test.ts'

/** What changes a target at a service, and what of it is taken back. */
export const CONTAINMENT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a request is sent though the target changed since the plan',
    file: CONTAINMENT,
    from: 'if (differences.length > 0 && !isPartly) throw changed(differences)',
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
]
