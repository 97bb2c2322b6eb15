import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { escapeHtml } from '../forms/event-forms.ts'
import { OpenFolder } from '../files/open-folder.ts'
import type { Outcome } from './play.ts'
import { failureForm, failureText } from './failure-form.ts'
import { hasCommits } from './record-form.ts'
import type { PlayFailure, Played } from './scenario-player.ts'
import type { Scenario } from './scenario.ts'

/** AlertChain's. */
const INDENT = 2

/** One scenario's line of `result.json`. */
export interface ResultEntry {
  id: string
  /** Path of its `data.json`; null when it has none. */
  output: string | null
  success: boolean
  error?: JsonValue
  /** Where it could not be set up: its file. */
  file?: string
}

export interface PlayOutputParts {
  /** As `--output` names it; absolute. */
  folder: string
  /** The same for people and scripts: as it was given. */
  shown: string
  newId: () => string
  /** Takes real secrets out of what a scenario without an `env` of its own has seen. */
  redact: (value: JsonValue) => JsonValue
}

/**
 * Writes what `play` found in AlertChain's form: `<id>/data.json` for each scenario and `result.json` for all. Each file is
 * replaced as a whole, and nothing is written outside the folder.
 */
export class PlayOutput {
  readonly #parts: PlayOutputParts
  /** What the path led to when it was opened: the folder itself may be a link, nothing in it is followed. */
  #folder: OpenFolder | null = null

  constructor(parts: PlayOutputParts) {
    this.#parts = parts
  }

  /** Makes the folder, before anything is played in vain. @throws TocsinError `output_unwritable` */
  async open(): Promise<void> {
    await this.#guarded(async () => {
      await mkdir(this.#parts.folder, { recursive: true })
      this.#folder = await OpenFolder.openReal(this.#parts.folder)
    })
  }

  async close(): Promise<void> {
    await this.#folder?.close()
  }

  /** Writes one scenario's `data.json`. @throws TocsinError `output_unwritable` */
  async write(outcome: Outcome): Promise<ResultEntry> {
    if (outcome.kind === 'refused') {
      const { id, file, failure } = outcome
      return { id, file, output: null, success: false, error: this.#error(failure) }
    }
    const { scenario, played } = outcome
    const { failure } = played
    // A scenario's own `env` is test data, and written as it is: tests assert on it.
    const clean = scenario.env === null ? this.#parts.redact : (value: JsonValue): JsonValue => value
    const indent = hasCommits(played.form) ? INDENT : 0
    await this.#writeFile([scenario.id, 'data.json'], clean(this.#data(scenario, played)), indent)
    const output = join(this.#parts.shown, scenario.id, 'data.json')
    if (failure === null) return { id: scenario.id, output, success: true }
    return { id: scenario.id, output, success: false, error: clean(this.#error(failure)) }
  }

  /** Writes `result.json`. @throws TocsinError `output_unwritable` */
  async finish(startedAt: number, finishedAt: number, scenarios: readonly ResultEntry[]): Promise<void> {
    const [started_at, finished_at] = [startedAt, finishedAt].map((at) => new Date(at).toISOString())
    const entries = scenarios.length === 0 ? null : scenarios
    await this.#writeFile(['result.json'], { started_at, finished_at, scenarios: entries })
  }

  #data({ id, title }: Scenario, { results, failure, form }: Played): JsonObject {
    return {
      id,
      title,
      ...(results.length === 0 ? {} : { results }),
      // Up to v0.1.0 an error was text.
      ...(failure === null ? {} : { error: form === 'v0.2.2' ? this.#form(failure) : failureText(failure) }),
    }
  }

  /** AlertChain's form of an error, and our code and place beside it. */
  #form(failure: PlayFailure): JsonObject {
    const { message, ...rest } = failureForm(failure, this.#parts.newId)
    return { message, id: this.#parts.newId(), stacktrace: [], ...rest, ...placeOf(failure) }
  }

  /** The same in our own words, for `result.json`: AlertChain tells nothing of it there. */
  #error(failure: PlayFailure): JsonObject {
    const { message, values } = failure
    return {
      message,
      id: this.#parts.newId(),
      stacktrace: [],
      cause: null,
      values,
      tags: ['policy'],
      ...placeOf(failure),
    }
  }

  #writeFile(path: readonly string[], content: unknown, indent = INDENT): Promise<void> {
    return this.#guarded(async () => {
      const root = this.#folder
      if (root === null) throw new Error('it was not opened')
      const [name = '', scenario] = path.toReversed()
      const folder = scenario === undefined ? root : await root.childOrNew(scenario)
      const temporary = folder.at(`.${name}.${randomBytes(6).toString('hex')}.tmp`)
      try {
        await writeFile(temporary, `${escapeHtml(JSON.stringify(content, null, indent))}\n`, { flag: 'wx' })
        await rename(temporary, folder.at(name))
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      } finally {
        if (folder !== root) await folder.close()
      }
    })
  }

  async #guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const message = `The output cannot be written to ${this.#parts.shown}: ${errorMessage(error)}`
      throw new TocsinError('output_unwritable', message, { cause: error })
    }
  }
}

function placeOf({ code, file, row }: PlayFailure): JsonObject {
  return { code, ...(file === undefined ? {} : { file }), ...(row === undefined ? {} : { row }) }
}
