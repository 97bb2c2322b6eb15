import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import type { KnownAlerts, KnownReports, KnownValue } from '../store/queries/known-value.ts'
import { defineAction, type Action } from './action-definition.ts'
import { numberOf, objectOf, textOf } from './inspect/reading.ts'

const TIMEOUT_MS = 10_000

/** New alerts come all the time; within a minute they change no judgement. */
const KEEP_MS = 60_000

/** What `virustotal.lookup` and the other inspectors call it, and what alerts do. */
const SAME_TYPES: Record<string, string> = { file: 'hash' }

const argsSchema = z.strictObject({
  type: z
    .string()
    .min(1)
    .max(256)
    .describe(
      'Type of the attribute, as alerts or reports call it: ip, ipaddr, domain, hash, sha256, filehashvalue, file, email, path, username, …',
    ),
  value: z.string().min(1).max(8192).describe('Its value'),
})
type Args = z.infer<typeof argsSchema>

/** Looks a value up in the store. @throws TocsinError, SQLite's codes */
export type KnownValues = (asked: { type: string; value: string }) => Promise<KnownValue>

/** Says what this desk already knows of a value. Asks nobody outside. */
export function history(knownValues: KnownValues): Action {
  return defineAction<Args>({
    uses: 'history',
    args: argsSchema,
    secretArgs: [],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [],
    undo: null,
    effect: () => 'observe',
    title: ({ value }) => `Look back for ${value}`,
    target: ({ value }) => value,
    effectSentence: ({ value }) =>
      `Reads which alerts and reports of this desk name ${value}. Nobody outside learns of it.`,
    isIdempotent: () => true,
    async plan({ type, value }) {
      return { rows: [{ key: 'Looks for', value: `${type} ${value}` }], bound: null }
    },
    async run({ type, value }) {
      const { alerts, reports } = await knownValues({ type: SAME_TYPES[type.toLowerCase()] ?? type, value })
      return { alerts: alerts === null ? null : toldAlerts(alerts), reports: toldReports(reports) }
    },
    lookup: { keepMs: KEEP_MS, rate: null, inspected },
  })
}

function toldAlerts({ count, isMore, firstAt, lastAt, triage, verdicts }: KnownAlerts): JsonObject {
  return { count, more: isMore, first_seen: timeOf(firstAt), last_seen: timeOf(lastAt), triage, verdicts }
}

function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

function toldReports({ count, isMore, grades, newest }: KnownReports): JsonObject {
  const list = newest.map(({ id, severity, lastAt }) => ({ id, severity, last_seen: timeOf(lastAt) }))
  return { count, more: isMore, grades, newest: list }
}

function inspected(_args: Args, result: JsonValue): Inspected {
  const { alerts = null, reports = null } = objectOf(result)
  const sentences = [alertsSentence(alerts), reportsSentence(objectOf(reports))].filter((sentence) => sentence !== '')
  const summary = sentences.length === 0 ? 'In no alert or report of this desk' : sentences.join('; ')
  return { summary, findings: [{ type: 'result', content: result }], attributes: [] }
}

function alertsSentence(known: JsonValue): string {
  const alerts = objectOf(known)
  const count = numberOf(alerts['count']) ?? 0
  if (count === 0) return ''
  const since = textOf(alerts['first_seen']).slice(0, 10)
  return `In ${counted(alerts, 'alert')} since ${since}: ${tally(alerts['verdicts'], 'none judged')}`
}

function reportsSentence(reports: JsonObject): string {
  if ((numberOf(reports['count']) ?? 0) === 0) return ''
  return `in ${counted(reports, 'report')}: ${tally(reports['grades'], 'none graded')}`
}

function counted(known: JsonObject, word: string): string {
  const count = numberOf(known['count']) ?? 0
  if (known['more'] === true) return `more than ${count} ${word}s`
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function tally(counts: JsonValue | undefined, none: string): string {
  const parts = Object.entries(objectOf(counts)).map(
    ([name, times]) => `${numberOf(times) ?? 0} ${name.replaceAll('_', ' ')}`,
  )
  return parts.length === 0 ? none : parts.join(', ')
}
