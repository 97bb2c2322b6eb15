import type { Reading } from './action-definition.ts'

/** Rows that name the account itself; others say where it belongs. */
const NAMING = new Set(['User', 'Name'])

/**
 * The names by which a protected account is known.
 * @param given as the arguments name it
 * @param reading its id and rows; null before it was read
 */
export function accountNames(given: string, reading: Reading | null): string[] {
  if (reading === null) return [given]
  return [given, reading.id, ...reading.rows.filter(({ key }) => NAMING.has(key)).map(({ value }) => value)]
}
