import { hash } from 'node:crypto'

/** JSON text in its RFC 8785 form already: written as it is. What an event holds is made canonical once. */
export class CanonicalText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * RFC 8785 text of a JSON value: the same bytes for the same value, whatever the order of its keys. Text with a lone
 * surrogate, which RFC 8785 refuses, is taken with U+FFFD in its place: hostile input must not keep a record from being
 * written. Written by hand because it is on the way of every event and three times as fast as the library, which the
 * tests compare it with.
 * @throws TypeError when the value is not JSON
 */
export function canonicalJson(value: unknown): string {
  const text = write(value)
  if (text === undefined) throw new TypeError('Only JSON values have a canonical form')
  return text
}

/** SHA-256 as 64 lower-case hex digits. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data)
}

/** SHA-256 of the canonical text of a JSON value. */
export function canonicalHash(value: unknown): string {
  return sha256(canonicalJson(value))
}

/** @returns undefined for what JSON leaves out: a member that is undefined */
function write(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return writeText(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical form`)
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? 'null' : writeObject(value)
    default:
      return undefined
  }
}

function writeText(text: string): string {
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed())
}

function writeObject(value: object): string {
  if (value instanceof CanonicalText) return value.text
  if (Array.isArray(value)) {
    let text = '['
    for (const [index, element] of value.entries()) text += `${index === 0 ? '' : ','}${write(element) ?? 'null'}`
    return `${text}]`
  }
  const keys = Object.keys(value)
  if (!keys.every((key) => key.isWellFormed())) {
    return writeObject(Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), member])))
  }
  let text = ''
  // By code unit, as RFC 8785 has it.
  for (const key of keys.sort()) {
    const member = write((value as Record<string, unknown>)[key])
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${member}`
  }
  return `{${text}}`
}
