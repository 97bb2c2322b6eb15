import type { JsonValue } from '../../../shared/model/json.ts'
import type { ActionFacts, ActionPlan, ActionPort, Intent, RunOutcome } from '../actions/action-port.ts'

/** The names that policies may use and the action each means. */
export type ActionNames = Readonly<Record<string, string>>

/** Actions that touch nothing: each call takes the next result of its name's queue. Arguments are not looked at. */
export class MockedActions implements ActionPort {
  readonly #names: ActionNames
  readonly #queues = new Map<string, JsonValue[]>()

  constructor(names: ActionNames) {
    this.#names = names
  }

  /** Sets the results of the next event; what was left of the last one's is gone. A name may be an alias. */
  mock(results: ReadonlyMap<string, readonly JsonValue[]>): void {
    this.#queues.clear()
    for (const [name, list] of results) {
      const meant = this.#meant(name)
      this.#queues.set(meant, [...(this.#queues.get(meant) ?? []), ...list])
    }
  }

  describe(uses: string): ActionFacts | null {
    if (!Object.hasOwn(this.#names, uses)) return null
    return { ...FACTS, uses, title: uses }
  }

  plan(): Promise<ActionPlan> {
    return Promise.resolve({ rows: [], bound: null })
  }

  /** An exhausted queue answers null, as AlertChain's does. */
  run({ uses }: Pick<Intent, 'uses'>): Promise<RunOutcome> {
    return Promise.resolve({ outcome: 'succeeded', result: this.#queues.get(this.#meant(uses))?.shift() ?? null })
  }

  probe(): ReturnType<ActionPort['probe']> {
    return Promise.resolve({ state: 'not_done' })
  }

  confirm(): ReturnType<ActionPort['confirm']> {
    return Promise.resolve({ state: 'pending', isComing: false, message: '' })
  }

  verify(): ReturnType<ActionPort['verify']> {
    return Promise.resolve({ state: 'holds' })
  }

  inverse(): null {
    return null
  }

  #meant(name: string): string {
    return Object.hasOwn(this.#names, name) ? (this.#names[name] ?? name) : name
  }
}

/** Nothing happens, so nothing waits for an approval by itself. */
const FACTS = {
  effect: 'observe',
  target: '',
  targetKey: '',
  targets: [],
  names: [],
  effectSentence: '',
  isIdempotent: true,
  canProbe: false,
  canVerify: false,
  canPreview: false,
  isIrreversible: false,
  isWayBack: false,
  expiry: null,
  mustAsk: null,
  undo: null,
  secretArgs: [],
  lockedArgs: [],
  argsSchema: {},
} satisfies Omit<ActionFacts, 'uses' | 'title'>
