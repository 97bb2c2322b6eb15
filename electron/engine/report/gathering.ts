import type { ReportAttribute } from '../../../shared/model/report.ts'
import { eventTextOf } from '../chain/rounds/event-text-of.ts'
import type { Tx } from '../store/writer.ts'
import { alertIdOf } from './deepalert/alert-id.ts'
import { attributeHash } from './deepalert/attribute-hash.ts'
import { DEEPALERT_SCHEMA } from './deepalert/deepalert-alert.ts'
import { makeKnown } from './emitting.ts'
import { givenIn } from './given-alert.ts'
import type { AlertToGather, ReportRecord } from './records/report-records.ts'
import { reportAttributeOf } from './report-attributes.ts'
import { causeOf, type Cause } from './report-cause.ts'
import type { QueuedChain, ReportDeps } from './report-deps.ts'

/** Alerts of one transaction: what comes in meanwhile waits for it. */
const SLICE = 256
/** A report that names more is a rule that went wild: it stops there, and says so. */
export const MAX_ATTRIBUTES = 500

/** What a slice did. */
export interface Gathered {
  /** How many alerts were followed; less than asked for: there are no more. */
  alerts: number
  isLast: boolean
}

/**
 * Follows the next alerts into their reports, in one transaction with the mark: each alert is in exactly one, whatever
 * happens in between.
 */
export async function gatherNext(deps: ReportDeps): Promise<Gathered> {
  const { reports, store, chains } = deps
  if (reports.nextAlerts(1).length === 0) return { alerts: 0, isLast: true }
  const { queued, ...gathered } = await store.writer.commitAlone('report-gather', (tx) => {
    const next = reports.nextAlerts(SLICE)
    const chainsOf = gather(deps, tx, next)
    const last = next.at(-1)
    if (last) reports.setMark(tx, last.seq)
    return { alerts: next.length, isLast: next.length < SLICE, queued: chainsOf }
  })
  chains.wakeReportChains(queued)
  return gathered
}

/** The alerts of a slice that belong to one report. */
interface Group {
  report: ReportRecord
  isNew: boolean
  alerts: AlertToGather[]
}

function gather(deps: ReportDeps, tx: Tx, alerts: readonly AlertToGather[]): QueuedChain[] {
  const open = new Map<string, Group>()
  const all: Group[] = []
  for (const alert of alerts) {
    const cause = causeOf(alert)
    const key = alertIdOf(cause.detector, cause.ruleId, cause.alertKey)
    let group = open.get(key)
    if (group === undefined || isClosed(group.report, alert.createdAt)) {
      group = groupOf(deps, tx, key, cause, alert)
      open.set(key, group)
      all.push(group)
    }
    group.alerts.push(alert)
  }
  return all.flatMap((group) => addTo(deps, tx, group))
}

/** DeepAlert's boundary: whole seconds, and the last one of the window is still in it. */
function isClosed({ closesAt }: Pick<ReportRecord, 'closesAt'>, at: number): boolean {
  return Math.floor(closesAt / 1000) < Math.floor(at / 1000)
}

function groupOf(deps: ReportDeps, tx: Tx, key: string, cause: Cause, alert: AlertToGather): Group {
  const last = deps.reports.lastOf(key)
  if (last !== null && !isClosed(last, alert.createdAt)) return { report: last, isNew: false, alerts: [] }
  const { createdAt, title } = alert
  const id = deps.ids.uuid()
  const closesAt = createdAt + deps.times().windowMs
  const seq = deps.reports.insert(tx, { id, cause: key, ...cause, title, createdAt, closesAt })
  const report = deps.reports.bySeq(seq)
  if (report === null) throw new Error('A report that was just written is not there')
  return { report, isNew: true, alerts: [] }
}

function addTo(deps: ReportDeps, tx: Tx, { report, isNew, alerts }: Group): QueuedChain[] {
  const { reports } = deps
  const { inspectDelayMs, reviewDelayMs } = deps.times()
  const queued: QueuedChain[] = []
  // The first one is made known alone, as DeepAlert does; what came with it is one `more`.
  const parts = isNew ? [alerts.slice(0, 1), alerts.slice(1)] : [alerts]
  for (const [index, part] of parts.entries()) {
    const [first] = part
    const last = part.at(-1)
    if (!first || !last) continue
    const status = isNew && index === 0 ? 'new' : 'more'
    reports.addAlerts(tx, report.seq, part, {
      status,
      lastAt: last.createdAt,
      reviewAt: first.createdAt + reviewDelayMs,
    })
    const brought = distinct(part.flatMap((alert) => attributesOf(deps, alert)))
    const hasNew = addAttributes(deps, tx, report.seq, brought, { depth: 0, inspectionId: null })
    // With nothing to look up the review comes as soon as an inspection would.
    if (hasNew || isNew || reports.openCount(report.seq) === 0)
      reports.wantInspection(tx, report.seq, first.createdAt + inspectDelayMs)
    queued.push(...makeKnown(deps, tx, report.id, status))
  }
  return queued
}

function attributesOf({ store, inputs }: ReportDeps, alert: AlertToGather): ReportAttribute[] {
  const { schema, attrs, eventId } = alert
  const { handles } = inputs
  // Where age took the event first, its alert's own attributes are what is left.
  const isGiven = schema === DEEPALERT_SCHEMA && store.events.get(eventId)?.hasBody === true
  const given = isGiven ? givenIn(schema, eventTextOf(store.events, handles, eventId), handles) : null
  return given?.attributes ?? attrs.map(reportAttributeOf)
}

/** Alerts of one cause mostly say the same: each is hashed once. */
function distinct(attributes: readonly ReportAttribute[]): ReportAttribute[] {
  const found = new Map<string, ReportAttribute>()
  for (const attribute of attributes) {
    const { type, key, value, context } = attribute
    const same = [type, key, value, ...context].join('\0')
    if (!found.has(same)) found.set(same, attribute)
  }
  return [...found.values()]
}

/**
 * Adds attributes that a report does not have yet, as far as there is room.
 * @returns whether one was new
 */
export function addAttributes(
  { reports, log }: ReportDeps,
  tx: Tx,
  reportSeq: number,
  attributes: readonly ReportAttribute[],
  from: { depth: number; inspectionId: string | null },
): boolean {
  let room = attributes.length === 0 ? 0 : MAX_ATTRIBUTES - reports.countAttributes(reportSeq)
  let hasNew = false
  for (const attribute of attributes) {
    const hash = attributeHash(attribute)
    if (reports.hasAttribute(reportSeq, hash)) continue
    if (room <= 0) {
      reports.stopGrowing(tx, reportSeq, `It has ${MAX_ATTRIBUTES} attributes, and takes no more.`)
      log.warn('A report takes no more attributes', { report: reportSeq, attributes: MAX_ATTRIBUTES })
      break
    }
    reports.addAttribute(tx, reportSeq, { ...attribute, hash, ...from })
    hasNew = true
    room -= 1
  }
  return hasNew
}
