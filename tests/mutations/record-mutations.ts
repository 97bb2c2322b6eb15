import type { Mutation } from './mutation.ts'

const INPUT = 'electron/engine/chain/rounds/policy-input.ts'
const ROW = 'electron/engine/chain/rounds/decision-row.ts'
const ROUND = 'electron/engine/chain/rounds/round-commit.ts'
const OUTCOMES = 'electron/engine/chain/outcomes/outcomes.ts'
const SETTLE = 'electron/engine/intake/settle.ts'
const STORE = 'electron/engine/store/decision-store.ts'

const REPLAY = 'electron/engine/replay/replay.test.ts'
const SAW = 'makes decisions again that saw'
const OF_COMMIT = 'makes every decision of the commit generation again'
const OF_EXIT = 'makes every decision of the init/run/exit generation again'

/** What a decision's row says it rests on. */
export const RECORD_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the record says nothing of how called actions ended',
    file: INPUT,
    from: 'called: parts.called.map(({ action, status }) => ({ id: action.id, status })),',
    to: 'called: parts.called.map(({ action }) => ({ id: action.id })),',
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record says of every called action that it succeeded',
    file: INPUT,
    from: 'called: parts.called.map(({ action, status }) => ({ id: action.id, status })),',
    to: "called: parts.called.map(({ action }) => ({ id: action.id, status: 'succeeded' })),",
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has no called actions',
    file: INPUT,
    from: 'called: parts.called.map(({ action, status }) => ({ id: action.id, status })),',
    to: 'called: [],',
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has no declined actions',
    file: INPUT,
    from: 'declined: parts.declined.map(({ action, status }) => ({ id: action.id, status })),',
    to: 'declined: [],',
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record says of every declined action that it was rejected',
    file: INPUT,
    from: 'declined: parts.declined.map(({ action, status }) => ({ id: action.id, status })),',
    to: "declined: parts.declined.map(({ action }) => ({ id: action.id, status: 'rejected' })),",
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has no environment',
    file: INPUT,
    from: 'env: { ...parts.env },',
    to: 'env: {},',
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has no attributes',
    file: INPUT,
    from: 'attrs: parts.attrs.map((attribute) => ({ ...attribute })),',
    to: 'attrs: [],',
    test: REPLAY,
    title: OF_COMMIT,
  },
  {
    name: 'the record has no prints',
    file: ROW,
    from: '    prints,\n',
    to: '    prints: [],\n',
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has no error',
    file: ROW,
    from: 'error: error === null ? null : { code: error.code, message: error.message },',
    to: 'error: error === null ? null : null,',
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has no hash of its input',
    file: ROW,
    from: '    inputSha256,\n    output',
    to: "    inputSha256: '',\n    output",
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has another seed',
    file: ROW,
    from: '    seed,\n    durationUs',
    to: "    seed: '00',\n    durationUs",
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has another time',
    file: ROW,
    from: '    nowNs,\n    seed',
    to: "    nowNs: '1',\n    seed",
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the record has no output',
    file: ROW,
    from: '    output,\n',
    to: '    output: null,\n',
    test: REPLAY,
    title: SAW,
  },
  {
    name: "a round's record has the attributes after init",
    file: ROUND,
    from: 'const inputParts = inputRecord({ attrs, env, ...history })',
    to: 'const inputParts = inputRecord({ attrs: evaluated.round.attrs, env, ...history })',
    test: REPLAY,
    title: OF_EXIT,
  },
  {
    name: "a round's record does not say that it was overtaken",
    file: ROUND,
    from: 'evaluated, { isTaken: false })',
    to: 'evaluated, { isTaken: true })',
    test: 'electron/engine/chain/approvals/staleness.test.ts',
  },
  {
    name: 'the record of an exit does not name the action that settled',
    file: OUTCOMES,
    from: 'inputParts: { ...inputRecord(parts), action: settled.id }',
    to: "inputParts: { ...inputRecord(parts), action: '' }",
    test: REPLAY,
    title: OF_EXIT,
  },
  {
    name: 'an exit is evaluated at another time than its record says',
    file: OUTCOMES,
    from: 'entrypoint: entrypointOfChain(chain), ...stamp }',
    to: "entrypoint: entrypointOfChain(chain), ...stamp, nowNs: '1' }",
    test: REPLAY,
    title: OF_EXIT,
  },
  {
    name: 'an exit is evaluated with another seed than its record says',
    file: OUTCOMES,
    from: 'entrypoint: entrypointOfChain(chain), ...stamp }',
    to: "entrypoint: entrypointOfChain(chain), ...stamp, seed: '00' }",
    test: REPLAY,
    title: OF_EXIT,
  },
  ...(
    [
      ['prints', '    prints,\n    error: error === null', '    prints: [],\n    error: error === null'],
      ['error', 'error: error === null ? null : { ...error },', 'error: null,'],
      ['hash of its input', 'inputSha256: decision.inputSha256 ?? bodySha256,', "inputSha256: '',"],
      ['hash of the readable input', 'seen === body ? null : sha256(seen)', 'null'],
      ['output', '    output,\n    nowNs', '    output: null,\n    nowNs'],
      ['seed', '    seed,\n    durationUs', "    seed: '00',\n    durationUs"],
      ['time', '    nowNs,\n    seed', "    nowNs: '1',\n    seed"],
    ] as const
  ).map(([what, from, to]) => ({
    name: `an alert's decision is recorded without its ${what}`,
    file: SETTLE,
    from,
    to,
    test: REPLAY,
    title: OF_COMMIT,
  })),
  {
    name: 'the row keeps no prints',
    file: STORE,
    from: 'JSON.stringify(decision.prints),',
    to: "'[]',",
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'the row keeps no error',
    file: STORE,
    from: 'decision.error === null ? null : JSON.stringify(decision.error),',
    to: 'null,',
    test: REPLAY,
    title: SAW,
  },
  {
    name: 'a default that another rule overruled is said to have made it',
    file: 'electron/engine/policy/made-by.ts',
    from: 'isDefault && isOverruled ? undefined',
    to: 'isDefault && !isOverruled ? undefined',
    test: 'electron/engine/policy/toolchain/deciding-rules.test.ts',
  },
  {
    name: 'the rule of an action is looked for among what was settled before',
    file: 'electron/engine/rules/rule-follower.ts',
    from: 'settledOf(roundNo === 0 ? [] : chains.actionsBefore(chainId, roundNo))',
    to: 'settledOf([])',
    test: 'electron/engine/rules/rule-follower.test.ts',
  },
  {
    name: 'a head that was exported is not looked for in the trail',
    file: 'electron/engine/audit/verify.ts',
    from: 'seq > 0 && hashAt(this.#db, seq) !== hash',
    to: 'seq < 0 && hashAt(this.#db, seq) !== hash',
    test: 'electron/cli/audit-head.test.ts',
  },
  {
    name: 'a head is written into the data folder',
    file: 'electron/engine/audit/exported-head.ts',
    from: "way !== '' && !way.startsWith('..') && !isAbsolute(way)",
    to: 'false',
    test: 'electron/cli/audit-head.test.ts',
  },
  {
    name: 'age takes what the chain of another subject rests on',
    file: 'electron/engine/store/retention.ts',
    from: "WHERE s.event_id = e.id AND c.state IN ('queued', 'running', 'waiting')",
    to: "WHERE s.event_id = e.id AND s.subject_kind = 'alert' AND c.state IN ('queued', 'running', 'waiting')",
    test: 'electron/engine/store/subjects.test.ts',
  },
]
