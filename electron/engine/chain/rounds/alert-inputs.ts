import { TocsinError } from '../../../../shared/errors.ts'
import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { CanonicalMembers } from '../../forms/canonical.ts'
import type { EventForms } from '../../policy/evaluation.ts'
import type { StoredAlert } from '../../store/alert-store.ts'
import type { Handles } from '../../secrets/handles.ts'
import type { Store } from '../../store/store.ts'
import type { ChainRecord } from '../records/records.ts'
import { eventTextOf } from './event-text-of.ts'
import { policyAlert, type SubjectInput } from './policy-input.ts'

/** The alerts of the last moments: their chains start at once, and need not read and re-write what was just stored. */
const MAX_RECENT = 64
const MAX_RECENT_CHARACTERS = 2 * 1024 * 1024

/** What a chain is about. */
export type Subject = Pick<ChainRecord, 'subjectKind' | 'subjectId'>

/** States of reports as policies and actions get them (`report/report-inputs.ts`). */
export interface ReportSubjects {
  /** @throws TocsinError `report_missing`, `body_deleted` */
  forPolicy(stateId: string): CanonicalMembers
  /** The fields of an alert, filled from the report. */
  forActions(stateId: string): JsonObject
  isComplete(stateId: string): boolean
}

/** An alert as policies and actions get it: exactly AlertChain's fields. A report where the chain is about one. */
export class AlertInputs {
  readonly #store: Pick<Store, 'alerts' | 'events'>
  readonly #handles: Handles | null
  readonly #reports: ReportSubjects | null
  readonly #recent = new Map<string, { alert: StoredAlert; forms: EventForms }>()
  #recentCharacters = 0

  /** @param handles what stands for secrets: an event that holds such text is broken there before a policy sees it */
  constructor(
    store: Pick<Store, 'alerts' | 'events'>,
    handles: Handles | null = null,
    reports: ReportSubjects | null = null,
  ) {
    this.#store = store
    this.#handles = handles
    this.#reports = reports
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

  /** Whether all that a policy saw of it is still there. @throws TocsinError `alert_missing`, `report_missing` */
  isComplete({ subjectKind, subjectId }: Subject): boolean {
    if (subjectKind === 'report') return this.#report().isComplete(subjectId)
    return this.#store.events.get(this.#alert(subjectId).eventId)?.hasBody === true
  }

  /** The event that the alert was made of. @throws TocsinError `alert_missing` */
  eventId(alertId: string): string {
    return (this.#recent.get(alertId)?.alert ?? this.#alert(alertId)).eventId
  }

  /** The attributes that a chain begins with: those of the alert. @throws TocsinError `alert_missing` */
  attributes({ subjectKind, subjectId }: Subject): Attribute[] {
    return subjectKind === 'report' ? [] : this.#alert(subjectId).attrs
  }

  /**
   * As the policy of a version sees it.
   * @throws TocsinError `alert_missing`, `report_missing`, `body_deleted`
   */
  forPolicy({ subjectKind: kind, subjectId }: Subject, { readsRaw }: { readsRaw: boolean }): SubjectInput {
    if (kind === 'report') return { kind, members: this.#report().forPolicy(subjectId) }
    const { alert, forms } = this.#recent.get(subjectId) ?? this.#stored(subjectId)
    return { kind, members: policyAlert(alert, forms, readsRaw) }
  }

  /**
   * The same as plain values, for what an action sends and plans.
   * @throws TocsinError `alert_missing`, `report_missing`, `body_deleted`
   */
  forActions(subject: Subject): JsonObject {
    if (subject.subjectKind === 'report') return this.#report().forActions(subject.subjectId)
    const members = Object.entries(this.forPolicy(subject, { readsRaw: true }).members)
    return Object.fromEntries(members.map(([key, text]) => [key, JSON.parse(text) as JsonValue])) // canonical text is JSON
  }

  #report(): ReportSubjects {
    if (this.#reports !== null) return this.#reports
    throw new TocsinError('report_missing', 'There are no reports here.')
  }

  #stored(alertId: string): { alert: StoredAlert; forms: EventForms } {
    const alert = this.#alert(alertId)
    return { alert, forms: { json: eventTextOf(this.#store.events, this.#handles, alert.eventId), raw: null } }
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
