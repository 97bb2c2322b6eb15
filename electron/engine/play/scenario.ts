import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { MAX_ANSWER_BYTES } from '../http/answer-limit.ts'
import type { Diagnostic, DiagnosticDetails } from '../policy/toolchain/types.ts'
import { isSchemaName } from '../receiver/schema-name.ts'

/** What a scenario says about an action that the policy proposes under this id: otherwise a mocked action just runs. */
export type MockDecision = 'reject' | 'expire'

export interface ScenarioEvent {
  input: JsonValue
  schema: string
  /** Results by action name, in the order in which calls of it take them. */
  actions: Map<string, JsonValue[]>
  /** By action id. */
  decisions: Map<string, MockDecision>
}

/** A sequence of events with the answers of the actions that they lead to. */
export interface Scenario {
  id: string
  title: string
  /** Relative to the scenario folder, forward slashes. */
  file: string
  events: ScenarioEvent[]
  /**
   * Which of AlertChain's shapes it has: one `event` beside its id; a playbook's (`scenarios`, or mocks under `results`); or
   * a file for each scenario.
   */
  shape: 'event' | 'playbook' | 'file'
  /** `input.env`; null: what policies see otherwise. */
  env: Record<string, string> | null
  /** Characters of the file that it comes from: what it takes at least. */
  weight: number
}

/** A text of JSON beyond this may hold a result that no action can return. */
const MAY_HOLD_TOO_LARGE = MAX_ANSWER_BYTES

/** What a file name cannot hold, and what leads elsewhere. */
// oxlint-disable-next-line no-control-regex -- these are what it is for
const BAD_ID = /[/\\\u0000-\u001f\u007f]|\.\.|^\.$/

/** Beside the scenarios' folders lies this file. */
const RESULT_FILE = 'result.json'

/** File names end at 255 bytes on every file system in use. */
const MAX_ID_BYTES = 200

/**
 * Reads what a scenario file evaluated to. All shapes that AlertChain has had are told apart by their keys
 * (`behaviour/alertchain.md` §0): one scenario with `events`; the same with one `event` and its `schema`; a playbook with
 * `scenarios` and a common `env`; mocks under `actions` or under `results`.
 * @param file for messages, relative to the scenario folder
 * @param text the file as JSON
 * @param source as it was written, to name the line of the id
 * @throws TocsinError `scenario_invalid` with `DiagnosticDetails`
 */
export function readScenarios(file: string, text: string, source: string): Scenario[] {
  const root = new Field(JSON.parse(text) as JsonValue, '', { file, source })
  const scenarios = root.member('scenarios')
  if (scenarios.isMissing) return [readScenario(root, 'file', null, text.length)]
  return scenarios.elements().map((one) => readScenario(one, 'playbook', readEnv(root), text.length))
}

function readScenario(field: Field, holder: 'playbook' | 'file', commonEnv: Scenario['env'], weight: number): Scenario {
  const isLarge = weight > MAY_HOLD_TOO_LARGE
  const events = field.member('events')
  return {
    id: readId(field.member('id')),
    title: field.member('title').text(),
    file: field.place.file,
    events: events.isMissing ? readOnlyEvent(field, isLarge) : events.elements().map((one) => readEvent(one, isLarge)),
    shape: events.isMissing && !field.member('event').isMissing ? 'event' : shapeOf(events, holder),
    env: readEnv(field) ?? commonEnv,
    weight,
  }
}

function shapeOf(events: Field, holder: 'playbook' | 'file'): Scenario['shape'] {
  const areResults = events
    .elements()
    .some((event) => event.member('actions').isMissing && !event.member('results').isMissing)
  return areResults ? 'playbook' : holder
}

function readId(field: Field): string {
  const id = field.text()
  if (id === '') throw field.wrong('has no id: every scenario needs one of its own')
  if (BAD_ID.test(id) || id === RESULT_FILE || Buffer.byteLength(id) > MAX_ID_BYTES)
    throw field.wrong(
      `is ${JSON.stringify(id.slice(0, MAX_ID_BYTES))}: it names a folder, so it cannot hold "/", "\\", ".." or control characters, nor be "${RESULT_FILE}" or longer than ${MAX_ID_BYTES} bytes`,
    )
  return id
}

/** Before v0.0.7 a scenario was one event: `event`, `schema` and `results` beside its id. */
function readOnlyEvent(field: Field, isLarge: boolean): ScenarioEvent[] {
  const event = field.member('event')
  if (event.isMissing) return []
  return [{ ...readEvent(field, isLarge), input: event.value ?? null }]
}

function readEvent(field: Field, isLarge: boolean): ScenarioEvent {
  const schema = field.member('schema')
  const name = schema.text()
  if (name === '') throw schema.wrong('is empty: it names the alert policy')
  if (!isSchemaName(name)) throw schema.wrong(`is no name of a schema: ${JSON.stringify(name)}`)
  return {
    input: field.member('input').value ?? null,
    schema: name,
    actions: readMocks(field, isLarge),
    decisions: readDecisions(field.member('decisions')),
  }
}

function readMocks(event: Field, isLarge: boolean): Map<string, JsonValue[]> {
  const mocks = event.member('actions').isMissing ? event.member('results') : event.member('actions')
  return new Map(
    mocks.entries().map(([name, results]) => {
      const list = results.elements()
      if (isLarge) for (const result of list) refuseTooLarge(result)
      return [name, list.map(({ value }) => value ?? null)]
    }),
  )
}

function refuseTooLarge(result: Field): void {
  const bytes = Buffer.byteLength(JSON.stringify(result.value ?? null))
  if (bytes <= MAX_ANSWER_BYTES) return
  const [is, most] = [bytes, MAX_ANSWER_BYTES].map((size) => (size / 1024 / 1024).toFixed(1))
  throw result.wrong(`has ${is} MiB: no action returns more than ${most} MiB`)
}

function readDecisions(field: Field): Map<string, MockDecision> {
  return new Map(
    field.entries().map(([id, decision]) => {
      const word = decision.value
      if (word !== 'reject' && word !== 'expire') throw decision.wrong('is neither "reject" nor "expire"')
      return [id, word]
    }),
  )
}

function readEnv(field: Field): Record<string, string> | null {
  const env = field.member('env')
  if (env.isMissing) return null
  return Object.fromEntries(env.entries().map(([name, value]) => [name, value.text()]))
}

interface Place {
  file: string
  source: string
}

/** A value of the file and where it stands: names match in any case, null is as good as absent (Go's rules). */
class Field {
  readonly value: JsonValue | undefined
  readonly path: string
  readonly place: Place

  constructor(value: JsonValue | undefined, path: string, place: Place) {
    this.value = value
    this.path = path
    this.place = place
  }

  get isMissing(): boolean {
    return this.value === undefined || this.value === null
  }

  member(name: string): Field {
    const object = this.#object()
    const key = Object.hasOwn(object, name)
      ? name
      : Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase())
    const path = this.path === '' ? name : `${this.path}.${name}`
    return new Field(key === undefined ? undefined : object[key], path, this.place)
  }

  entries(): [string, Field][] {
    if (this.isMissing) return []
    return Object.entries(this.#object()).map(([key, value]) => [
      key,
      new Field(value, `${this.path}[${JSON.stringify(key)}]`, this.place),
    ])
  }

  elements(): Field[] {
    if (this.isMissing) return []
    if (!Array.isArray(this.value)) throw this.wrong('is no list')
    return this.value.map((value, index) => new Field(value, `${this.path}[${index}]`, this.place))
  }

  /** Empty where it is missing. */
  text(): string {
    if (this.isMissing) return ''
    if (typeof this.value !== 'string') throw this.wrong('is no text')
    return this.value
  }

  wrong(message: string): TocsinError {
    const { file } = this.place
    const what = this.path === '' ? 'the scenario' : this.path
    return scenarioError({ code: 'scenario_invalid', message: `${what} ${message}`, file, row: this.#row() })
  }

  #object(): JsonObject {
    if (typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value)) return this.value
    throw this.wrong('is no object')
  }

  /** The first line that names the field's last key; evaluated jsonnet has lost where things stood. */
  #row(): number {
    const key = /[\w-]+(?=\W*$)/.exec(this.path)?.[0]
    if (key === undefined) return 1
    const lines = this.place.source.split('\n')
    const found = lines.findIndex((line) => new RegExp(String.raw`\b${key}\b["']?\s*:`).test(line))
    return found + 1 || 1
  }
}

/** A failure of one scenario that names its file. */
export function scenarioError(diagnostic: Diagnostic): TocsinError {
  const { code, message, file, row, col } = diagnostic
  const details: DiagnosticDetails = { diagnostics: [diagnostic] }
  const place = [file, row, col].filter((part) => part !== undefined).join(':')
  return new TocsinError(code, place === '' ? message : `${place}: ${message}`, { details })
}
