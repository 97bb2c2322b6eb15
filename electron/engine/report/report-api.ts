import { refusal, refusalForNow, type Refusal } from '../receiver/refusal.ts'
import type { ApiPart, ApiReportKey, ApiReportRows } from '../store/queries/report-api.ts'
import type { Reader } from '../store/reader.ts'
import { alertJson } from './deepalert/alert-json.ts'
import { attributeJson, reportJson, sectionsJson, type DeepAlertReport } from './deepalert/report-json.ts'
import type { ReportService } from './report-service.ts'

/** What of a report is read. */
export type ApiView = 'report' | 'alert' | 'section' | 'attribute'

/** One read: a report by its id, or the last one of DeepAlert's alert id. */
export type ApiRead = { reportId: string; view: ApiView } | { alertId: string }

export interface ApiAnswer {
  /** JSON */
  text: string
  /** The parts of which more is stored than is answered. */
  cut: readonly string[]
}

export interface ReportApiParts {
  reader: Pick<Reader, 'query'>
  reports: Pick<ReportService, 'ofAlert' | 'gather'>
  /** Takes out of JSON text what must not leave. */
  clean: (json: string) => Promise<string>
}

/** So many reads at once: the screen's queries wait behind them. */
const MAX_READING = 8

const PARTS: Readonly<Record<ApiView, readonly ApiPart[]>> = {
  report: ['alerts', 'attributes', 'findings'],
  alert: ['alerts'],
  section: ['findings'],
  attribute: ['attributes'],
}

/** Reports in DeepAlert's forms, as of now, for those who ask over HTTP. */
export class ReportApi {
  readonly #parts: ReportApiParts
  #reading = 0

  constructor(parts: ReportApiParts) {
    this.#parts = parts
  }

  /**
   * What DeepAlert answers to a new alert: its report without a part and without a grade, `new` for the report's first
   * alert, else `more`.
   * @returns null while the alert is in no report
   */
  async ofAlert(alertId: string): Promise<DeepAlertReport | null> {
    const { reports, reader } = this.#parts
    await reports.ofAlert(alertId)
    const found = await reader.query('api.reportOfAlert', { alertId })
    if (found === null) return null
    const { id, createdAt, isFirst } = found
    return reportJson({ id, createdAt, status: isFirst ? 'new' : 'more', severity: '', reason: '' }, {})
  }

  /** @returns the answer, or why there is none: 404 in DeepAlert's words, 503 while too many read */
  async read(asked: ApiRead): Promise<ApiAnswer | Refusal> {
    if (this.#reading >= MAX_READING) return refusalForNow(503, 'busy', 'busy: too many are reading, ask again')
    this.#reading++
    try {
      return await this.#answer(asked)
    } finally {
      this.#reading--
    }
  }

  async #answer(asked: ApiRead): Promise<ApiAnswer | Refusal> {
    const view = 'view' in asked ? asked.view : 'report'
    const rows = await this.#rows('alertId' in asked ? { cause: asked.alertId } : { id: asked.reportId }, view)
    if (rows === null) return notFound('alertId' in asked ? 'No such alert' : 'No such report')
    const json = viewOf(rows, view)
    if (json === null) return notFound(`${view}s not found`)
    return { text: await this.#parts.clean(JSON.stringify(json)), cut: rows.cut }
  }

  /** Before it says that there is none, it looks whether an alert is on its way into one. */
  async #rows(key: ApiReportKey, view: ApiView): Promise<ApiReportRows | null> {
    const { reader, reports } = this.#parts
    const arg = { key, parts: PARTS[view] }
    const rows = await reader.query('api.report', arg)
    if (rows !== null) return rows
    await reports.gather()
    return reader.query('api.report', arg)
  }
}

/** @returns null where DeepAlert says that there are none */
function viewOf({ report, alerts, attributes, findings }: ApiReportRows, view: ApiView): object | null {
  const parts = {
    alerts: orNull((alerts ?? []).map((alert) => alertJson(alert, report))),
    attributes: orNull((attributes ?? []).map(attributeJson)),
    sections: sectionsJson(attributes ?? [], findings ?? []),
  }
  switch (view) {
    case 'alert':
      return parts.alerts
    case 'attribute':
      return parts.attributes
    case 'section':
      return parts.sections
    case 'report': {
      const { title, alertCount, severity, ...facts } = report
      const json = reportJson({ ...facts, severity: severity ?? '' }, parts)
      return { ...json, title, alert_count: alertCount }
    }
  }
}

function orNull<Item>(items: Item[]): Item[] | null {
  return items.length === 0 ? null : items
}

function notFound(what: string): Refusal {
  return refusal(404, 'not_found', what)
}
