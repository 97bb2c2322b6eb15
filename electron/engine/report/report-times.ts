import type { EngineConfig } from '../ports/config.ts'
import type { SettingStore } from '../store/setting-store.ts'
import { TocsinError } from '../../../shared/errors.ts'
import type { ReportTimes } from './report-deps.ts'

/** The variables that set the waits of reports, in seconds (`interfaces.md` §5). */
export const REPORT_VARIABLES = ['TOCSIN_REPORT_WINDOW', 'TOCSIN_INSPECT_DELAY', 'TOCSIN_REVIEW_DELAY'] as const

/** A service has time to gather before it asks the world; at a desk somebody waits. */
const SERVE_INSPECT_SECONDS = 300

/** The variables' word, else the setting's, else the default. */
export function reportTimes(
  { env, command }: Pick<EngineConfig, 'env' | 'command'>,
  settings: Pick<SettingStore, 'get' | 'isSet'>,
): ReportTimes {
  const seconds = (
    variable: (typeof REPORT_VARIABLES)[number],
    key: 'report.windowSeconds' | 'report.inspectDelaySeconds' | 'report.reviewDelaySeconds',
  ): number => {
    const given = env[variable]
    if (given !== undefined && given !== '') return parseSeconds(given)
    const isServed = key === 'report.inspectDelaySeconds' && command === 'serve'
    return isServed && !settings.isSet(key) ? SERVE_INSPECT_SECONDS : settings.get(key)
  }
  return {
    windowMs: seconds('TOCSIN_REPORT_WINDOW', 'report.windowSeconds') * 1000,
    inspectDelayMs: seconds('TOCSIN_INSPECT_DELAY', 'report.inspectDelaySeconds') * 1000,
    reviewDelayMs: seconds('TOCSIN_REVIEW_DELAY', 'report.reviewDelaySeconds') * 1000,
  }
}

/** @throws TocsinError `invalid_setting` for what is no number of seconds up to thirty days */
export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (/^\d+(?:\.\d+)?$/.test(text.trim()) && seconds <= 2_592_000) return seconds
  throw new TocsinError('invalid_setting', `"${text}" is no number of seconds (0 to 2592000)`)
}
