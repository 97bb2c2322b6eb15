import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { Inspected, ReportAttribute } from '../../../shared/model/report.ts'
import type { Failure } from '../../../shared/model/views.ts'
import { canonicalHash, canonicalObject } from '../forms/canonical.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import type { Tx } from '../store/writer.ts'
import { attributeHash } from './deepalert/attribute-hash.ts'
import { decide, insertDecided, reportParts, type Decided } from './deciding.ts'
import { addAttributes } from './gathering.ts'
import { INSPECT_ENTRYPOINT, readInspections, type WantedInspection } from './policies/inspect-policy.ts'
import { inspectInput } from './policies/report-input.ts'
import type { AttributeRecord, InspectionRecord, ReportRecord } from './records/report-records.ts'
import { bounded } from './report-attributes.ts'
import type { ReportDeps } from './report-deps.ts'
import { attributeForm } from './report-document.ts'

/** Attributes of one transaction. */
const SLICE = 32
/** How many findings may lead to an attribute: an inspector that always names new ones ends here. */
export const MAX_DEPTH = 3
/** Findings of one inspection. */
const MAX_FINDINGS = 20
/** Characters of one finding. */
const MAX_CONTENT = 65_536
/** Attributes that one inspection brings up. */
const MAX_BROUGHT = 50

/** What the policy wants to know of one attribute. */
interface Asked {
  attribute: AttributeRecord
  decided: Decided | null
  inspections: WantedInspection[]
  failure: Failure | null
}

/**
 * Decides on the inspections of a report's next attributes, and takes its timer off when there are no more. One
 * transaction: a crash before it asks again, one after it has asked.
 * @returns whether more attributes wait
 */
export async function inspectNext(deps: ReportDeps, report: ReportRecord): Promise<boolean> {
  const { reports, store } = deps
  const policy = deps.policy.live()
  const open = reports.uninspected(report.seq, SLICE)
  const asked = policy === null ? open.map(unasked) : await askAll(deps, policy, report, open)
  return store.writer.commit('report-inspect', (tx) => {
    for (const one of asked) {
      const decisionId = one.decided === null ? '' : insertDecided(deps, tx, one.decided)
      for (const inspection of one.inspections) insertInspection(deps, tx, one.attribute, inspection, decisionId)
      if (one.failure !== null) noteFailure(deps, tx, report, one.failure)
      reports.markInspected(tx, one.attribute.seq)
    }
    // What the policy knows by itself may have brought up more.
    const isMore = reports.uninspected(report.seq, 1).length > 0
    if (!isMore) reports.endInspectionWait(tx, report.seq)
    settleIfDone(deps, tx, report.seq)
    return isMore
  })
}

function unasked(attribute: AttributeRecord): Asked {
  return { attribute, decided: null, inspections: [], failure: null }
}

async function askAll(
  deps: ReportDeps,
  policy: LivePolicy,
  report: ReportRecord,
  open: readonly AttributeRecord[],
): Promise<Asked[]> {
  if (open.length === 0 || !deps.policy.hasEntrypoint(policy.id, INSPECT_ENTRYPOINT)) return open.map(unasked)
  const snapshot = deps.reports.snapshot(report)
  const env = await deps.env()
  let text: string
  try {
    text = canonicalObject(deps.inputs.members(snapshot))
  } catch (error) {
    // Age has taken a part of it: nothing can be asked about it any more, and no other report waits for that.
    const failure = failureOf(error)
    return open.map((attribute) => ({ ...unasked(attribute), failure }))
  }
  return Promise.all(
    open.map(async (attribute) => {
      const input = inspectInput({ report: text, attribute: attributeForm(attribute), env })
      const decided = await decide(deps, policy, 'inspect', input, reportParts(snapshot, env, attribute.seq))
      const { error, result } = decided.evaluation
      if (error !== null) return { ...unasked(attribute), decided, failure: error }
      try {
        return { ...unasked(attribute), decided, inspections: readInspections(result) }
      } catch (failure) {
        return { ...unasked(attribute), decided, failure: failureOf(failure) }
      }
    }),
  )
}

function insertInspection(
  deps: ReportDeps,
  tx: Tx,
  attribute: AttributeRecord,
  { uses, args, findings, attributes, summary }: WantedInspection,
  decisionId: string,
): void {
  const { reports, ids } = deps
  const id = ids.uuid()
  const { reportSeq, seq: attributeSeq } = attribute
  const row = { id, reportSeq, attributeSeq, decisionId, uses, args }
  if (uses === '') {
    // What the policy itself knows: there is nobody to ask.
    reports.insertInspection(tx, { ...row, lookupId: null, state: 'succeeded', error: null })
    addFindings(deps, tx, { ...row }, attribute, { author: 'policy', findings, attributes, summary })
    return
  }
  if (deps.mode() === 'dry-run') {
    reports.insertInspection(tx, { ...row, lookupId: null, state: 'skipped', error: null })
    return
  }
  const failure = refusalOf(deps, uses, args)
  if (failure !== null) {
    reports.insertInspection(tx, { ...row, lookupId: null, state: 'failed', error: failure })
    return
  }
  const lookupId = lookupFor(deps, tx, { uses, args })
  reports.insertInspection(tx, { ...row, lookupId, state: 'waiting', error: null })
  settleByLookup(deps, tx, lookupId)
}

/** Only what observes may inspect, and only with arguments that its schema takes. */
export function refusalOf({ actions }: ReportDeps, uses: string, args: JsonObject): Failure | null {
  try {
    const facts = actions.describe(uses, args)
    if (facts === null)
      return { code: 'action_not_found', message: `There is no action named "${uses}": see docs/ACTIONS.md.` }
    if (facts.effect === 'observe') return null
    const message = `${uses} does not only look (its effect is ${facts.effect}): an inspection may not run it. Let emit propose it.`
    return { code: 'not_observe', message }
  } catch (error) {
    return failureOf(error)
  }
}

/**
 * The question of these arguments: one that is under way or still holds, else a new one.
 * @param unreadableId one whose answer nobody could read: it does not hold
 */
export function lookupFor(
  { lookups, actions, ids }: ReportDeps,
  tx: Tx,
  { uses, args }: { uses: string; args: JsonObject },
  unreadableId: string | null = null,
): string {
  const argsHash = canonicalHash(args)
  const last = lookups.last(uses, argsHash)
  const keepMs = actions.lookup(uses)?.keepMs ?? 0
  const isUsable =
    last !== null &&
    last.id !== unreadableId &&
    (last.state === 'waiting' ||
      last.state === 'running' ||
      (last.state === 'succeeded' && (last.answeredAt ?? 0) + keepMs > tx.at))
  if (isUsable) return last.id
  const id = ids.uuid()
  const secrets = Object.entries(args).filter(([name]) => name.startsWith('secret_'))
  lookups.insert(tx, { id, uses, args, argsHash, rateKey: `${uses} ${canonicalHash(Object.fromEntries(secrets))}` })
  return id
}

/** Settles the inspections that wait for a question which has its answer. */
export function settleByLookup(deps: ReportDeps, tx: Tx, lookupId: string): number[] {
  const { reports, lookups, actions } = deps
  const lookup = lookups.get(lookupId)
  if (lookup === null || lookup.state === 'waiting' || lookup.state === 'running') return []
  const waiting = reports.waitingOn(lookupId)
  for (const inspection of waiting) {
    const attribute = reports.attribute(inspection.attributeSeq)
    if (attribute === null) continue
    if (lookup.state === 'failed') {
      reports.settleInspection(tx, inspection.id, 'failed', lookup.error)
      continue
    }
    try {
      const inspected = actions.inspected(lookup.uses, lookup.args, lookup.result)
      reports.settleInspection(tx, inspection.id, 'succeeded', null)
      addFindings(deps, tx, inspection, attribute, { author: lookup.uses, ...inspected })
    } catch (error) {
      const message = `The answer of ${lookup.uses} cannot be read: ${errorMessage(error)}`
      reports.settleInspection(tx, inspection.id, 'failed', { code: 'finding_unknown', message })
    }
  }
  return [...new Set(waiting.map(({ reportSeq }) => reportSeq))]
}

function addFindings(
  deps: ReportDeps,
  tx: Tx,
  inspection: Pick<InspectionRecord, 'id' | 'reportSeq' | 'attributeSeq'>,
  attribute: AttributeRecord,
  { author, findings, attributes, summary }: Inspected & { author: string },
): void {
  const { reports, ids } = deps
  const { reportSeq } = inspection
  const isSaid = findings.length > 0 || summary === ''
  const all = isSaid ? findings : [{ type: 'result' as const, content: null }]
  const cut = all.length > MAX_FINDINGS ? ` (the first ${MAX_FINDINGS} of ${all.length} findings)` : ''
  for (const [index, { type, content }] of all.slice(0, MAX_FINDINGS).entries()) {
    const isTooLong = JSON.stringify(content).length > MAX_CONTENT
    const said = isTooLong ? { too_long: `The finding has more than ${MAX_CONTENT} characters.` } : content
    reports.insertFinding(tx, inspection, {
      id: ids.uuid(),
      author,
      type: isTooLong ? 'result' : type,
      content: said as JsonObject,
      summary: index === 0 ? summary.slice(0, 500) + cut : '',
    })
  }
  bringUp(deps, tx, attribute, { inspectionId: inspection.id, attributes })
  reports.wantReview(tx, reportSeq, tx.at + deps.times().reviewDelayMs)
}

/** New attributes are inspected at once, as far as they do not lead too far. */
function bringUp(
  deps: ReportDeps,
  tx: Tx,
  attribute: AttributeRecord,
  { inspectionId, attributes }: { inspectionId: string; attributes: readonly ReportAttribute[] },
): void {
  const { reportSeq } = attribute
  const seenAt = attribute.timestamp === undefined ? {} : { timestamp: attribute.timestamp }
  const unknown = attributes
    .map((one) => bounded({ ...seenAt, ...one }))
    .filter((one) => !deps.reports.hasAttribute(reportSeq, attributeHash(one)))
  const brought = unknown.slice(0, MAX_BROUGHT)
  if (brought.length === 0) return
  const stop = (why: string): void => deps.reports.stopGrowing(tx, reportSeq, why)
  const depth = attribute.depth + 1
  if (depth > MAX_DEPTH) {
    stop(`Findings lead more than ${MAX_DEPTH} steps away: what is behind is not looked up.`)
    return
  }
  if (brought.length < unknown.length)
    stop(`One inspection brought up ${unknown.length} attributes: the first ${MAX_BROUGHT} are taken.`)
  if (addAttributes(deps, tx, reportSeq, brought, { depth, inspectionId }))
    deps.reports.wantInspection(tx, reportSeq, tx.at)
}

/** When nothing is open any more, what has come is reviewed at once. */
export function settleIfDone({ reports }: ReportDeps, tx: Tx, reportSeq: number): void {
  const report = reports.bySeq(reportSeq)
  if (report?.isReviewDue === true && report.inspectAt === null && reports.openCount(reportSeq) === 0)
    reports.wantReview(tx, reportSeq, tx.at)
}

/** A policy that fails is one problem per message, whatever many attributes it fails on. */
export function noteFailure({ store }: ReportDeps, tx: Tx, report: ReportRecord, failure: Failure): void {
  if (store.problems.openAlike('report_policy', failure.message) !== null) return
  const details = { report: report.id, code: failure.code }
  store.problems.add(tx, {
    code: 'report_policy',
    schema: '',
    eventId: null,
    chainId: null,
    message: failure.message,
    details,
  })
}

export function failureOf(error: unknown): Failure {
  const code = error instanceof TocsinError ? error.code : errorCode(error)
  return { code, message: errorMessage(error) }
}
