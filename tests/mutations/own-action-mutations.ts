import type { Mutation } from './mutation.ts'

const OWN = 'electron/engine/actions/own'
const WORKSPACE_TEST = `${OWN}/own-workspace.test.ts`
const SCRIPTS_TEST = `${OWN}/own-scripts.test.ts`
const RUN_TEST = `${OWN}/run-script.test.ts`

/** What a workspace declares, and the scripts that it runs. */
export const OWN_ACTION_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a value in an address may lead elsewhere',
    file: `${OWN}/template.ts`,
    from: 'url?.href === filled && ',
    to: 'url !== null && ',
    test: `${OWN}/template.test.ts`,
  },
  {
    name: 'a value stands in an address as it is',
    file: `${OWN}/template.ts`,
    from: 'encodeURIComponent(textOf(values[part.name]).toWellFormed())',
    to: 'textOf(values[part.name]).toWellFormed()',
    test: `${OWN}/template.test.ts`,
  },
  {
    name: 'a script is trusted whatever its environment',
    file: `${OWN}/script-trust.ts`,
    from: 'canonicalHash({ sha256, env, effect })',
    to: 'canonicalHash({ sha256, effect, env: typeof env })',
    test: SCRIPTS_TEST,
  },
  {
    name: 'a script that nobody trusts has its declared effect',
    file: `${OWN}/script-kind.ts`,
    from: "(isTrusted() ? declared.effect : 'contain')",
    to: 'declared.effect',
    test: SCRIPTS_TEST,
  },
  {
    name: 'a script that nobody trusts is run to look',
    file: `${OWN}/unread-target.ts`,
    from: 'mustAsk() === null ? read(context)',
    to: 'mustAsk() !== "" ? read({ ...context, intent: null } as never)',
    test: SCRIPTS_TEST,
  },
  {
    name: 'trust that was withdrawn before its turn counts',
    file: 'electron/engine/chain/execution/executor.ts',
    from: ' || this.#mustAsk(chain, action)',
    to: '',
    test: WORKSPACE_TEST,
  },
  {
    name: 'what is executed is not what was hashed',
    file: `${OWN}/run-script.ts`,
    from: 'copy.sha256 !== run.sha256',
    to: "copy.sha256 === ''",
    test: RUN_TEST,
  },
  {
    name: 'a script is executed by its name',
    file: `${OWN}/script-copy.ts`,
    from: "process.platform === 'linux' ? `/proc/self/fd/${CHILD_FD}` : path",
    to: 'path',
    test: RUN_TEST,
  },
  {
    name: 'a script outlives its time with what it started',
    file: `${OWN}/run-script.ts`,
    from: "process.kill(-pid, 'SIGKILL')",
    to: "process.kill(pid, 'SIGKILL')",
    test: RUN_TEST,
  },
  {
    name: 'a script has the environment of the app',
    file: `${OWN}/run-script.ts`,
    from: 'env: { NODE_V8_COVERAGE: undefined, ...run.env }',
    to: 'env: { ...process.env, ...run.env }',
    test: RUN_TEST,
  },
  {
    name: 'a chain runs what the live version declares',
    file: `${OWN}/own-actions.ts`,
    from: 'const declared = this.#parts.declaredIn(asked)',
    to: 'const declared = this.#parts.declaredIn(null)',
    test: WORKSPACE_TEST,
  },
]
