import type { Mutation } from './mutation.ts'

const EXECUTOR = 'electron/engine/chain/execution/executor.ts'
const DECISIONS = 'electron/engine/chain/approvals/decisions.ts'
const PROTECTED = 'electron/engine/chain/protected.test.ts'
const CAPS = 'electron/engine/chain/caps.test.ts'
const IRREVERSIBLE = 'electron/engine/chain/irreversible.test.ts'

/** Faults in what bounds containing, whatever policies say. */
export const LIMIT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the transaction of an intent does not look for protected targets',
    file: EXECUTOR,
    from: 'assertUnprotected(this.#deps, chain, { ...action, args }, planned.plan)',
    to: '',
    test: PROTECTED,
  },
  {
    name: 'what was read of a target is not looked at for protected names',
    file: 'electron/engine/chain/rounds/act-plan.ts',
    from: 'assertUnprotected(deps, chain, act, plan)\n  return plan',
    to: 'return plan',
    test: PROTECTED,
  },
  {
    name: 'a protected target bars the way back',
    file: 'electron/engine/chain/rounds/act-plan.ts',
    from: " && trigger !== 'undo'",
    to: '',
    test: PROTECTED,
  },
  {
    name: 'a range is no protected address that lies in it',
    file: 'electron/engine/limits/address-range.ts',
    from: 'return one.low <= other.high && other.low <= one.high',
    to: 'return one.low === other.low && other.high === one.high',
    test: 'electron/engine/limits/protected-targets.test.ts',
  },
  {
    name: 'the transaction of an intent does not count',
    file: EXECUTOR,
    from: "const beyondCap = isAsked ? '' : capBeyond(this.#deps, chain.id, action)",
    to: "const beyondCap = ''",
    test: CAPS,
  },
  {
    name: 'a cap holds what the analyst approved',
    file: EXECUTOR,
    from: "isAsked ? '' : capBeyond",
    to: 'capBeyond',
    test: CAPS,
  },
  {
    name: 'a policy waives the approval of what cannot be taken back',
    file: 'electron/engine/chain/rounds/proposals.ts',
    from: "return isIrreversible || (effect === 'contain'",
    to: "return (effect === 'contain'",
    test: IRREVERSIBLE,
  },
  {
    name: 'what cannot be taken back is approved without its target',
    file: DECISIONS,
    from: "this.#assertConfirmed(action, args, request.typedTarget ?? '')",
    to: '',
    test: IRREVERSIBLE,
  },
  {
    name: 'an undo of what somebody else changed since is approved',
    file: DECISIONS,
    from: 'if (plan !== null && undone !== null) assertAsLeft(undone.result, plan)',
    to: '',
    test: 'electron/engine/chain/containing/undo-at-service.test.ts',
  },
]
