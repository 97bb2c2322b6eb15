import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Given } from '../../electron/cli/options.ts'
import { play } from '../../electron/cli/play.ts'
import { DiskCache } from '../../electron/engine/files/disk-cache.ts'
import { PlayOutput } from '../../electron/engine/play/play-output.ts'
import { play as playScenarios } from '../../electron/engine/play/play.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import { FakeLog } from './ports.ts'

/** Nobody's home: what `play` keeps between runs stays in the world's own folder, and is shared by all worlds. */
const CACHE = mkdtempSync(join(tmpdir(), 'tocsin-play-cache-'))

export interface PlayResult {
  code: number
  err: string
  /** Of `data.json` by the scenario's id. */
  data: (id: string) => JsonObject
  /** `result.json`. */
  result: () => {
    scenarios: { id: string; output: string | null; success: boolean; error?: Record<string, JsonValue> }[]
  }
}

const FIXTURES = fileURLToPath(new URL('../fixtures/alertchain', import.meta.url))

const newId = (): string => systemIds.uuid()

function readJson(path: string): JsonObject {
  return JSON.parse(readFileSync(path, 'utf8')) as JsonObject // `play` wrote an object
}

/** A folder with policies and scenarios, played by the command itself in this process. */
export class PlayWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'tocsin-play-'))

  /** Writes files of the world; a scenario may be given as an object. */
  write(files: Record<string, string | object>): this {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    }
    return this
  }

  /** Plays `scenario/` against `policy/` into `output/`, unless told otherwise. */
  async play(given: Given = {}, env: Record<string, string> = {}): Promise<PlayResult> {
    let err = ''
    const all = { policyDir: 'policy', scenario: 'scenario', output: 'output', ...given }
    const code = await play(all, {
      env: { TOCSIN_CACHE: CACHE, ...env },
      cwd: this.folder,
      stdin: () => Promise.reject(new Error('play reads nothing')),
      out: () => undefined,
      err: (text) => void (err += text),
    })
    const read = (...path: string[]): JsonObject => readJson(join(this.folder, String(all.output), ...path))
    return { code, err, data: (id) => read(id, 'data.json'), result: () => read('result.json') as never }
  }

  /** Copies a folder of `tests/fixtures/alertchain`. */
  copy(fixture: string, to = '.'): this {
    cpSync(join(FIXTURES, fixture), join(this.folder, to), { recursive: true })
    return this
  }

  /**
   * Plays with actions of other names than Tocsin's, as AlertChain's tests register them.
   * @param scenarios a folder or file of the world
   * @returns each scenario's `data.json`
   */
  async playNamed(names: readonly string[], scenarios = 'scenario'): Promise<JsonObject[]> {
    const output = new PlayOutput({ folder: join(this.folder, 'output'), shown: 'output', newId, redact: (v) => v })
    const log = new FakeLog()
    await output.open()
    const entries = await playScenarios({
      policyDir: join(this.folder, 'policy'),
      scenarios: join(this.folder, scenarios),
      importable: null,
      targets: [],
      actionNames: Object.fromEntries(names.map((name) => [name, name])),
      env: () => Promise.resolve({}),
      cache: new DiskCache(CACHE),
      tellPrint: null,
      clock: systemClock,
      ids: systemIds,
      log,
      onPlayed: (outcome) => output.write(outcome),
      onProgress: () => undefined,
    })
    await output.close()
    return entries.map(({ output: path }) => readJson(join(this.folder, path ?? '')))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
