/** At most: measured from 170 (strings, keys) to 205 (numbers in a long array, which doubles as it grows). */
const BYTES_PER_VALUE = 256

const QUOTE = 34
const BACKSLASH = 92
/** `,` `:` `[` `{`: one stands before each value but the first. */
const BEFORE_VALUE = new Set([44, 58, 91, 123])

/** How many values JSON text has, keys included; a little more where containers are empty. */
export function countValues(json: string): number {
  let count = 1
  let isInString = false
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i)
    if (isInString) {
      if (code === BACKSLASH) i++
      else if (code === QUOTE) isInString = false
    } else if (code === QUOTE) isInString = true
    else if (BEFORE_VALUE.has(code)) count++
  }
  return count
}

/** What a compiled policy needs at most to hold this data, parsed. */
export function parsedBytes(json: string): number {
  return json.length + countValues(json) * BYTES_PER_VALUE
}
