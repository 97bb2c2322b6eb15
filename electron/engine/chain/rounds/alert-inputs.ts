import { TocsinError } from '../../../../shared/errors.ts'
import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { CanonicalMembers } from '../../forms/canonical.ts'
import type { EventForms } from '../../policy/evaluation.ts'
import { withShortestNumbers } from '../../policy/number-text.ts'
import { readableText } from '../../forms/readable-text.ts'
import type { StoredAlert } from '../../store/alert-store.ts'
import type { Handles } from '../../secrets/handles.ts'
import { bodyDeleted } from '../../store/deleted.ts'
import type { Store } from '../../store/store.ts'
import { policyAlert } from './policy-input.ts'

/** The alerts of the last moments: their chains start at once, and need not read and re-write what was just stored. */
const MAX_RECENT = 64
const MAX_RECENT_CHARACTERS = 2 * 1024 * 1024

/** An alert as policies and actions get it: exactly AlertChain's fields. */
export class AlertInputs {
  readonly #store: Pick<Store, 'alerts' | 'events'>
  readonly #handles: Handles | null
  readonly #recent = new Map<string, { alert: StoredAlert; forms: EventForms }>()
  #recentCharacters = 0

  /** @param handles what stands for secrets: an event that holds such text is broken there before a policy sees it */
  constructor(store: Pick<Store, 'alerts' | 'events'>, handles: Handles | null = null) {
    this.#store = store
    this.#handles = handles
  }

  /** Keeps an alert whose chain starts now. */
  remember(alert: StoredAlert, forms: EventForms): void {
    this.#recent.set(alert.id, { alert, forms })
    this.#recentCharacters += charactersOf(forms)
    for (const [id, oldest] of this.#recent) {
      if (this.#recent.size <= MAX_RECENT && this.#recentCharacters <= MAX_RECENT_CHARACTERS) break
      this.#recent.delete(id)
      this.#recentCharacters -= charactersOf(oldest.forms)
    }
  }

  /** Whether the event of the alert is still there for a policy to see. @throws TocsinError `alert_missing` */
  isComplete(alertId: string): boolean {
    return this.#store.events.get(this.#alert(alertId).eventId)?.hasBody === true
  }

  /** The event that the alert was made of. @throws TocsinError `alert_missing` */
  eventId(alertId: string): string {
    return (this.#recent.get(alertId)?.alert ?? this.#alert(alertId)).eventId
  }

  /** The attributes that the alert policy gave. @throws TocsinError `alert_missing` */
  attributes(alertId: string): Attribute[] {
    return this.#alert(alertId).attrs
  }

  /**
   * As the action policy of a version sees it.
   * @throws TocsinError `alert_missing`, `body_deleted`
   */
  forPolicy(alertId: string, { readsRaw }: { readsRaw: boolean }): CanonicalMembers {
    const { alert, forms } = this.#recent.get(alertId) ?? this.#stored(alertId)
    return policyAlert(alert, forms, readsRaw)
  }

  /**
   * The same as plain values, for what an action sends and plans.
   * @throws TocsinError `alert_missing`, `body_deleted`
   */
  forActions(alertId: string): JsonObject {
    const members = Object.entries(this.forPolicy(alertId, { readsRaw: true }))
    return Object.fromEntries(members.map(([key, text]) => [key, JSON.parse(text) as JsonValue])) // canonical text is JSON
  }

  #stored(alertId: string): { alert: StoredAlert; forms: EventForms } {
    const alert = this.#alert(alertId)
    const body = this.#store.events.body(alert.eventId)
    if (body === null) throw bodyDeleted()
    const { text } = readableText(body)
    return { alert, forms: { json: withShortestNumbers(this.#handles?.broken(text) ?? text), raw: null } }
  }

  #alert(alertId: string): StoredAlert {
    const alert = this.#store.alerts.get(alertId)
    if (alert === null) throw new TocsinError('alert_missing', 'The alert of this chain does not exist any more.')
    return alert
  }
}

function charactersOf({ json, raw }: EventForms): number {
  return json.length + (raw?.length ?? 0)
}
