import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import type { KnownAlerts, KnownValue } from '../store/queries/known-value.ts'
import { defineAction, type Action } from './action-definition.ts'
import { numberOf, objectOf, textOf } from './inspect/reading.ts'

const TIMEOUT_MS = 10_000

/** New alerts come all the time; within a minute they change no judgement. */
const KEEP_MS = 60_000

/** What `virustotal.lookup` and the other inspectors call it, and what alerts do. */
const SAME_TYPES: Record<string, string> = { file: 'hash' }

const argsSchema = z.strictObject({
  type: z.string().min(1).max(256).describe('Type of the attribute'),
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
    effectSentence: ({ value }) => `Reads which alerts of this desk name ${value}. Nobody outside learns of it.`,
    isIdempotent: () => true,
    async plan({ type, value }) {
      return { rows: [{ key: 'Looks for', value: `${type} ${value}` }], bound: null }
    },
    async run({ type, value }) {
      const { alerts } = await knownValues({ type: SAME_TYPES[type.toLowerCase()] ?? type, value })
      if (alerts === null) {
        throw new TocsinError(
          'not_comparable',
          `Alerts cannot be searched for a ${type} ${JSON.stringify(value.slice(0, 200))}: it has to be an address, a domain name, a hash, an e-mail address or a path, and of that form.`,
        )
      }
      return { alerts: toldAlerts(alerts) }
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

function inspected(_args: Args, result: JsonValue): Inspected {
  return {
    summary: alertsSentence(objectOf(objectOf(result)['alerts'])),
    findings: [{ type: 'result', content: result }],
    attributes: [],
  }
}

function alertsSentence(alerts: JsonObject): string {
  const count = numberOf(alerts['count']) ?? 0
  if (count === 0) return 'In no alert of this desk'
  const more = alerts['more'] === true ? 'more than ' : ''
  const since = textOf(alerts['first_seen']).slice(0, 10)
  const judged = Object.entries(objectOf(alerts['verdicts'])).map(
    ([verdict, times]) => `${numberOf(times) ?? 0} ${verdict.replaceAll('_', ' ')}`,
  )
  const verdicts = judged.length === 0 ? 'none judged' : judged.join(', ')
  return `In ${more}${count} ${count === 1 && more === '' ? 'alert' : 'alerts'} since ${since}: ${verdicts}`
}
