import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { ReportSubjects } from '../chain/rounds/alert-inputs.ts'
import { eventTextOf } from '../chain/rounds/event-text-of.ts'
import { canonicalObject, type CanonicalMembers } from '../forms/canonical.ts'
import type { Handles } from '../secrets/handles.ts'
import type { Store } from '../store/store.ts'
import { givenIn } from './given-alert.ts'
import { inspectInput, reviewInput } from './policies/report-input.ts'
import type { ReportSnapshot } from './records/report-records.ts'
import type { ReportStore } from './records/report-store.ts'
import { attributeForm, reportMembers } from './report-document.ts'

interface RecordedParts {
  report: ReportSnapshot
  env: Record<string, string>
  /** Of `inspect`: the attribute's number. */
  attribute?: number
}

/** Reports as policies and actions get them, made of their rows. */
export class ReportInputs implements ReportSubjects {
  readonly #reports: ReportStore
  readonly #store: Pick<Store, 'alerts' | 'events'>
  /** What stands for secrets: broken in events before a policy sees them. */
  readonly handles: Handles | null

  constructor(reports: ReportStore, store: Pick<Store, 'alerts' | 'events'>, handles: Handles | null = null) {
    this.#reports = reports
    this.#store = store
    this.handles = handles
  }

  /** @throws TocsinError `report_missing`, `body_deleted` */
  forPolicy(stateId: string): CanonicalMembers {
    return this.members(this.#state(stateId))
  }

  /**
   * A report as it was at a snapshot.
   * @throws TocsinError `report_missing`, `body_deleted`
   */
  members(snapshot: ReportSnapshot): CanonicalMembers {
    const report = this.#reports.get(snapshot.reportId) ?? missing()
    return reportMembers({
      report,
      snapshot,
      alerts: this.#reports.alertsOf(report.seq, snapshot).map(({ id }) => {
        const alert = this.#store.alerts.get(id) ?? missing()
        const event = eventTextOf(this.#store.events, this.handles, alert.eventId)
        return { alert, event, given: givenIn(alert.schema, event, this.handles) }
      }),
      attributes: this.#reports.attributesOf(report.seq, snapshot),
      findings: this.#reports.findingsOf(report.seq, snapshot),
    })
  }

  /** An alert that says what the report says, for actions that write of one. */
  forActions(stateId: string): JsonObject {
    const state = this.#state(stateId)
    const report = this.#reports.get(state.reportId) ?? missing()
    const attributes = this.#reports.attributesOf(report.seq, state)
    return {
      id: report.id,
      schema: 'report',
      created_at: new Date(report.createdAt).toISOString(),
      title: report.title,
      description: state.reason,
      source: report.detector,
      namespace: '',
      severity: state.severity ?? '',
      attrs: attributes.map(({ hash, key, value, type }) => ({ id: hash, key, value, type, persist: false, ttl: 0 })),
      refs: [],
      raw: '',
      data: JSON.parse(canonicalObject(this.members(state))) as JsonValue, // canonical text is JSON
    }
  }

  /**
   * The input of a recorded decision about a report, made again of its rows.
   * @throws TocsinError `report_missing`, `body_deleted`; Error where the decision recorded no report
   */
  ofDecision(kind: 'inspect' | 'review', inputParts: JsonValue): CanonicalMembers {
    const { report: snapshot, env, attribute } = inputParts as unknown as RecordedParts // written by `reportParts`
    const report = canonicalObject(this.members(snapshot))
    if (kind === 'review') return reviewInput({ report, env })
    const row = this.#reports.attribute(attribute ?? 0)
    if (row === null) throw new Error('The attribute of a decision is missing')
    return inspectInput({ report, attribute: attributeForm(row), env })
  }

  isComplete(stateId: string): boolean {
    const state = this.#state(stateId)
    const report = this.#reports.get(state.reportId) ?? missing()
    return this.#reports
      .alertsOf(report.seq, state)
      .every(({ id }) => this.#store.events.get(this.#store.alerts.get(id)?.eventId ?? '')?.hasBody === true)
  }

  #state(stateId: string): ReportSnapshot {
    return this.#reports.state(stateId) ?? missing()
  }
}

function missing(): never {
  throw new TocsinError('report_missing', 'The report of this chain does not exist any more.')
}
