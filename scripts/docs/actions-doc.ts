import type { ActionEntry } from '../../electron/engine/actions/action-list.ts'

/** What stands in `docs/actions/`, by file name without `.md`: `about`, `closing`, and one file for each family of actions. */
export type Prose = Readonly<Record<string, string>>

/** Where the table of all actions stands in `about.md`. */
const TABLE_MARK = '<!-- actions -->'

const NOTE =
  '<!-- Written by `npm run docs` from the registry and docs/actions/*.md: change those, then run it again. -->'

const OVERVIEW_HEAD = `| action | effect | idempotent | probe | undo | time-out | tries |
|---|---|---|---|---|---|---|`

const ARGUMENTS_HEAD = `| argument | type | | |
|---|---|---|---|`

/** Of an argument's JSON Schema, what its row says. */
interface ArgumentSchema {
  type?: string
  const?: unknown
  enum?: unknown[]
  items?: ArgumentSchema
  additionalProperties?: ArgumentSchema | boolean
  anyOf?: ArgumentSchema[]
  properties?: Record<string, ArgumentSchema>
  required?: string[]
  description?: string
}

/**
 * Writes `docs/ACTIONS.md`: what the registry knows from the registry, everything else from `docs/actions/`.
 * A family is what stands before the dot of a name. In its file each action has a section `` ## `name` ``; the table of its
 * arguments comes behind the section's first paragraph, and what stands before the first section comes before it here.
 * @throws Error that names an action without a section, or a section without an action
 */
export function actionsDoc(entries: readonly ActionEntry[], prose: Prose): string {
  const { about = '', closing = '', ...families } = prose
  const sections = new Map(Object.entries(families).map(([family, text]) => [family, readSections(text)]))
  const names = new Set(entries.map(({ uses }) => uses))
  for (const [family, { byName }] of sections) {
    for (const name of byName.keys()) {
      if (!names.has(name)) throw new Error(`docs/actions/${family}.md tells of ${name}, which is no action.`)
    }
  }
  const ordered = [...new Set(entries.map(familyOf))].flatMap((family) =>
    entries.filter((entry) => familyOf(entry) === family),
  )
  const overview = [OVERVIEW_HEAD, ...ordered.map(overviewRow)].join('\n')
  let family = ''
  const written = ordered.map((entry) => {
    const own = sections.get(familyOf(entry))
    const before = familyOf(entry) === family ? '' : (own?.before ?? '')
    family = familyOf(entry)
    return paragraphs(before, section(entry, own?.byName.get(entry.uses)))
  })
  return `${paragraphs(NOTE, about.replace(TABLE_MARK, overview), ...written, closing)}\n`
}

function familyOf({ uses }: ActionEntry): string {
  return uses.split('.')[0] ?? uses
}

function readSections(text: string): { before: string; byName: Map<string, string> } {
  const [before = '', ...parts] = text.split(/^## `([a-z][a-z0-9_.]*)`$/m)
  const byName = new Map<string, string>()
  for (let at = 0; at < parts.length; at += 2) byName.set(parts[at] ?? '', (parts[at + 1] ?? '').trim())
  return { before, byName }
}

function section(entry: ActionEntry, text: string | undefined): string {
  if (text === undefined || text === '') {
    throw new Error(`docs/actions/${familyOf(entry)}.md has no section "## \`${entry.uses}\`": tell what it does.`)
  }
  const [first = '', ...rest] = text.split('\n\n')
  return paragraphs(`## \`${entry.uses}\``, first, argumentTable(entry), takingBack(entry), ...rest)
}

function paragraphs(...texts: readonly string[]): string {
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .join('\n\n')
}

function overviewRow(entry: ActionEntry): string {
  const { uses, aliases, effect, idempotent, probe, undo, timeout_s: timeoutS, tries } = entry
  const also = aliases.length === 0 ? '' : ` (also ${aliases.map((alias) => `\`${alias}\``).join(', ')})`
  const way = undo === null ? 'no' : `\`${undo.uses}\``
  const cells = [`\`${uses}\`${also}`, effect, idempotent, probe ? 'yes' : 'no', way, `${timeoutS} s`, String(tries)]
  return `| ${cells.join(' | ')} |`
}

function argumentTable({ schema, secret_args: secret, locked_args: locked }: ActionEntry): string {
  const { properties = {}, required = [] } = schema as ArgumentSchema // as zod writes an object's
  const rows = Object.entries(properties).map(([name, argument]) => {
    const marks = [
      required.includes(name) && 'required',
      secret.includes(name) && 'secret',
      locked.includes(name) && 'not editable',
    ]
    const cells = [`\`${name}\``, typeOf(argument), marks.filter(Boolean).join(', '), cell(argument.description ?? '')]
    return `| ${cells.join(' | ')} |`.replace('|  |', '| |')
  })
  return rows.length === 0 ? 'It takes no arguments.' : [ARGUMENTS_HEAD, ...rows].join('\n')
}

function typeOf(schema: ArgumentSchema): string {
  const { type, const: only, enum: choices, items, additionalProperties } = schema
  if (only !== undefined || choices !== undefined)
    return (choices ?? [only]).map((choice) => `\`${JSON.stringify(choice)}\``).join(' ')
  if (type === 'array') return items?.enum === undefined ? `array of ${many(items)}` : `array of ${typeOf(items)}`
  if (type === 'object' && typeof additionalProperties === 'object' && additionalProperties.type === 'string')
    return 'object of strings'
  if (type === undefined) return schema.anyOf?.every((one) => one.type === 'object') === true ? 'object' : 'any'
  return type
}

function many(items: ArgumentSchema | undefined): string {
  return items?.type === undefined ? 'anything' : `${items.type}s`
}

/** Text of the registry in a cell of a table: it opens no tag and ends no cell. */
function cell(text: string): string {
  return text.replace(/[<|]/g, (mark) => `\\${mark}`)
}

/** What can be taken back and what is known after a crash, of an action for which the table leaves that open. */
function takingBack({ undo, no_undo: noUndo, no_probe: noProbe }: ActionEntry): string {
  const lines = [
    undo === null ? '' : `Undo by \`${undo.uses}\`: ${undo.sentence}`,
    noUndo === null ? '' : `No undo. ${noUndo}`,
    noProbe === null ? '' : `No probe. ${noProbe}`,
  ]
  return lines.filter((line) => line !== '').join('\n')
}
