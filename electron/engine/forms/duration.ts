const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What would last longer was meant as no limit. */
const LONGEST_MS = 366 * 86_400_000

/** What `readDuration` takes, for messages. */
export const DURATION_FORMS = 'seconds or "90s", "15m", "8h", "2d", at most 366d,'

/**
 * @param value seconds as a number, or text such as "90s", "15m", "8h", "2d"
 * @returns milliseconds, more than none and at most a year; null of anything else
 */
export function readDuration(value: unknown): number | null {
  const match = typeof value === 'string' ? /^(\d+)([smhd])$/.exec(value) : null
  const ms = typeof value === 'number' ? value * 1000 : Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN)
  return ms > 0 && ms <= LONGEST_MS ? Math.ceil(ms) : null
}
