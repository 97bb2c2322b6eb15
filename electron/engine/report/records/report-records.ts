import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { StoredAlert } from '../../store/alert-store.ts'
import type { ReportAttribute, ReportSeverity, ReportStatus } from '../../../../shared/model/report.ts'

/** A row of `report`. */
export interface ReportRecord {
  seq: number
  id: string
  cause: string
  detector: string
  ruleId: string
  alertKey: string
  title: string
  createdAt: number
  closesAt: number
  status: ReportStatus
  severity: ReportSeverity | null
  reason: string
  gradedBy: 'policy' | 'analyst' | null
  gradedAt: number | null
  alertCount: number
  lastAlertSeq: number
  lastAt: number
  inspectAt: number | null
  reviewAt: number | null
  isReviewDue: boolean
  stopped: string
}

/** Of an alert, what decides on its report and what it brings to it. */
export type AlertToGather = Pick<
  StoredAlert,
  'seq' | 'eventId' | 'schema' | 'title' | 'source' | 'createdAt' | 'detector' | 'ruleId' | 'alertKey' | 'attrs'
>

/** A row of `report_attribute`. */
export interface AttributeRecord extends ReportAttribute {
  seq: number
  reportSeq: number
  hash: string
  depth: number
}

/** A row of `lookup`. */
export interface LookupRecord {
  seq: number
  id: string
  uses: string
  args: JsonObject
  argsHash: string
  rateKey: string
  state: 'waiting' | 'running' | 'succeeded' | 'failed'
  tries: number
  nextAt: number | null
  answeredAt: number | null
  result: JsonValue
  error: Failure | null
}

/** A row of `inspection`. */
export interface InspectionRecord {
  seq: number
  id: string
  reportSeq: number
  attributeSeq: number
  uses: string
  args: JsonObject
  lookupId: string | null
  state: 'waiting' | 'succeeded' | 'failed' | 'skipped'
}

/** What of a report was there when something was decided or made known: the rows up to these. */
export interface ReportSnapshot {
  reportId: string
  status: ReportStatus
  severity: ReportSeverity | null
  reason: string
  alertCount: number
  firstAlertSeq: number
  lastAlertSeq: number
  lastAttributeSeq: number
  lastFindingSeq: number
}
