import { setImmediate } from 'node:timers/promises'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Handles } from './handles.ts'
import type { Redactor } from './redact.ts'

/** A long answer is searched for secrets in pieces of this size; between them the event loop goes on. */
const PIECE_CHARACTERS = 256 * 1024

/** JSON text as it may leave: handles read ‹NAME›, and no value of a secret is in it, whatever text it came into. */
export async function cleanJson(
  json: string,
  { handles, redactor }: { handles: Handles; redactor: Redactor },
): Promise<string> {
  const printed = handles.print(json)
  for (const piece of pieces(printed)) {
    // Value by value, so that what is left is JSON still: a secret may be a number.
    if (redactor.text(piece) !== piece) return `${JSON.stringify(redactor.json(JSON.parse(printed) as JsonValue))}\n`
    await setImmediate()
  }
  return printed
}

/** Cuts JSON between two of its tokens, so that no text in it is cut: inside one, a quote has a backslash before it. */
function* pieces(json: string): Generator<string> {
  for (let at = 0; at < json.length;) {
    const cut = json.indexOf(',"', at + PIECE_CHARACTERS)
    const end = cut === -1 ? json.length : cut + 1
    yield json.slice(at, end)
    at = end
  }
}
