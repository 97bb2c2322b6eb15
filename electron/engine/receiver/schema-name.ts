const SEGMENT = '[A-Za-z_][A-Za-z0-9_-]*'
const SCHEMA = new RegExp(`^${SEGMENT}(?:\\.${SEGMENT})*$`)
const MAX_LENGTH = 128

/** Words after `/alert/` that are forms of delivery. They are no schemas by the longer routes either. */
const TAKEN = new Set(['raw', 'pubsub', 'sns'])

/** Whether a text may name a schema (`interfaces.md` §4). Rego keywords and hyphens may: packages are looked up as paths. */
export function isSchemaName(text: string): boolean {
  return text.length <= MAX_LENGTH && SCHEMA.test(text) && !TAKEN.has(text)
}
