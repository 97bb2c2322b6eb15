import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { ACTION_NAMES } from '../actions/action-names.ts'
import type {
  ActionFacts,
  ActionPlan,
  ActionPort,
  ActionSubject,
  Confirmation,
  Done,
  Intent,
  ProbeOutcome,
  RunOutcome,
  Verification,
} from '../actions/action-port.ts'
import { MockedActions } from '../play/mocked-actions.ts'

/** The real registry for the action under test and its inverse; every other action of a round answers nothing and touches nothing. */
export class ProveActions implements ActionPort {
  readonly #real: ActionPort
  readonly #meant: ReadonlySet<string>
  readonly #others = new MockedActions(ACTION_NAMES)

  /** @param meant the action under test, and the one that takes it back */
  constructor(real: ActionPort, meant: readonly string[]) {
    this.#real = real
    this.#meant = new Set(meant)
  }

  describe(uses: string, args: JsonValue): ActionFacts | null {
    return this.#isMeant(uses) ? this.#real.describe(uses, args) : this.#others.describe(uses)
  }

  plan(uses: string, args: JsonObject, subject: ActionSubject): Promise<ActionPlan> {
    return this.#isMeant(uses) ? this.#real.plan(uses, args, subject) : this.#others.plan()
  }

  run(intent: Intent, subject: ActionSubject, signal: AbortSignal): Promise<RunOutcome> {
    return this.#isMeant(intent.uses) ? this.#real.run(intent, subject, signal) : this.#others.run(intent)
  }

  probe(intent: Intent, subject: ActionSubject, signal: AbortSignal): Promise<ProbeOutcome> {
    return this.#isMeant(intent.uses) ? this.#real.probe(intent, subject, signal) : this.#others.probe()
  }

  confirm(intent: Intent, accepted: JsonValue, subject: ActionSubject, signal: AbortSignal): Promise<Confirmation> {
    const isMeant = this.#isMeant(intent.uses)
    return isMeant ? this.#real.confirm(intent, accepted, subject, signal) : this.#others.confirm()
  }

  verify(done: Done, signal: AbortSignal): Promise<Verification> {
    return this.#isMeant(done.uses) ? this.#real.verify(done, signal) : this.#others.verify()
  }

  inverse(uses: string, args: JsonObject, result: JsonValue): { uses: string; args: JsonObject } | null {
    return this.#isMeant(uses) ? this.#real.inverse(uses, args, result) : null
  }

  #isMeant(uses: string): boolean {
    return this.#meant.has(ACTION_NAMES[uses] ?? uses)
  }
}

/** For the look at what the policies propose: each action says what it is, and none does anything. */
export class SurveyActions implements ActionPort {
  readonly #real: ActionPort
  readonly #none = new MockedActions(ACTION_NAMES)

  constructor(real: ActionPort) {
    this.#real = real
  }

  describe(uses: string, args: JsonValue): ActionFacts | null {
    return this.#real.describe(uses, args)
  }

  plan(): Promise<ActionPlan> {
    return this.#none.plan()
  }

  run(intent: Intent): Promise<RunOutcome> {
    return this.#none.run(intent)
  }

  probe(): Promise<ProbeOutcome> {
    return this.#none.probe()
  }

  confirm(): Promise<Confirmation> {
    return this.#none.confirm()
  }

  verify(): Promise<Verification> {
    return this.#none.verify()
  }

  inverse(): null {
    return null
  }
}
