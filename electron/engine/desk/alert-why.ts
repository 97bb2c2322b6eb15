import { errorMessage } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Asked } from '../../../shared/model/views.ts'
import type { Bus } from '../news/bus.ts'
import { entrypointOf } from '../intake/judge.ts'
import type { PolicyService } from '../policy/policy-service.ts'
import type { Log } from '../ports/ports.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import type { Store } from '../store/store.ts'

/** Alerts that a person looks at in one sitting. */
const MAX_KEPT = 200

/** Which rule made an alert, and why: explained when somebody looks, because it needs the tool chain, and kept. */
export class AlertWhy {
  readonly #store: Pick<Store, 'alerts' | 'decisions' | 'events'>
  readonly #policy: Pick<PolicyService, 'explain'>
  readonly #nameRules: () => Promise<void>
  readonly #bus: Bus
  readonly #log: Log
  readonly #known = new Map<string, Asked | null>()

  constructor(
    store: Pick<Store, 'alerts' | 'decisions' | 'events'>,
    policy: Pick<PolicyService, 'explain'>,
    ports: { nameRules: () => Promise<void>; bus: Bus; log: Log },
  ) {
    this.#store = store
    this.#policy = policy
    this.#nameRules = ports.nameRules
    this.#bus = ports.bus
    this.#log = ports.log
  }

  /** @returns the explanation, or null until it is there: then the screen is told that the alert changed */
  of(alertId: string): Asked | null {
    const known = this.#known.get(alertId)
    if (known !== undefined) return known
    this.#keep(alertId, null)
    const alert = this.#store.alerts.get(alertId)
    if (alert !== null) void this.#explain(alert)
    return null
  }

  async #explain(alert: StoredAlert): Promise<void> {
    try {
      // The rule's name is told also where its lines cannot be.
      const [why] = await Promise.all([this.#ask(alert), this.#nameRules()])
      if (why !== null) this.#keep(alert.id, why)
      this.#bus.changed('alerts', { alertIds: [alert.id] })
    } catch (error) {
      this.#log.warn('An alert could not be explained', { alert: alert.id, reason: errorMessage(error) })
    }
  }

  async #ask(alert: StoredAlert): Promise<Asked | null> {
    const decision = this.#store.decisions.get(alert.decisionId)
    const input = this.#store.events.body(alert.eventId)
    const member = memberOf(decision?.output, alert.position)
    // Retention has taken the event or the decision: nothing can be evaluated any more.
    if (decision === null || input === null || member === undefined) return null
    const { nowNs, seed } = decision
    const request = { versionId: alert.policyVersionId, entrypoint: entrypointOf(alert.schema), input, nowNs, seed }
    return this.#policy.explain(request, 'alert', member)
  }

  #keep(alertId: string, why: Asked | null): void {
    this.#known.delete(alertId)
    this.#known.set(alertId, why)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_KEPT && oldest !== undefined) this.#known.delete(oldest)
  }
}

/** The element of the recorded result that became the alert. */
function memberOf(output: JsonValue | undefined, position: number): JsonValue | undefined {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return undefined
  const alerts = output['alert']
  return Array.isArray(alerts) ? alerts[position] : undefined
}
