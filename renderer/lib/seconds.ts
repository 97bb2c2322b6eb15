const UNITS = { d: 86_400, h: 3600, m: 60, s: 1 } as const
const PART = /(\d+(?:\.\d+)?)\s*([a-z]*)/gi

/** A time as it is set and read: `3 h`, `10 m`, `1 h 30 m`; nothing is `0 s`. */
export function secondsText(seconds: number): string {
  let rest = seconds
  const parts: string[] = []
  for (const [unit, length] of Object.entries(UNITS)) {
    const amount = unit === 's' ? rest : Math.floor(rest / length)
    rest -= amount * length
    if (amount > 0) parts.push(`${amount} ${unit}`)
  }
  return parts.length === 0 ? '0 s' : parts.join(' ')
}

/**
 * Reads a time: `3 h`, `90m`, `1 h 30 m`, `2 hours`; a number alone is seconds.
 * @returns whole seconds, or null where it is no time
 */
export function secondsOf(text: string): number | null {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.replaceAll(PART, '').trim() !== '') return null
  let sum = 0
  for (const [, amount, unit = ''] of trimmed.matchAll(PART)) {
    const length = lengthOf(unit)
    if (length === null) return null
    sum += Number(amount) * length
  }
  return Math.round(sum)
}

function lengthOf(unit: string): number | null {
  if (unit === '') return 1
  const known = /^(d|h|m|s)(ay|our|in|inute|ec|econd)?s?$/i.exec(unit)?.[1]?.toLowerCase()
  return known === undefined ? null : UNITS[known as keyof typeof UNITS]
}
