/**
 * A condition that a column holds one of these words. Not `IN`: in a CHECK SQLite fills a table of its own with the list for
 * every row, which costs more than the row (10 µs a list).
 */
export function oneOf(column: string, words: readonly string[]): string {
  return words.map((word) => `${column} = '${word}'`).join(' OR ')
}
