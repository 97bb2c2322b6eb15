import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { play } from '../../electron/cli/play.ts'
import type { Given } from '../../electron/cli/options.ts'
import type { JsonValue } from '../../shared/model/json.ts'

/** Nobody's home: what `play` keeps between runs stays in the world's own folder, and is shared by all worlds. */
const CACHE = mkdtempSync(join(tmpdir(), 'tocsin-play-cache-'))

export interface PlayResult {
  code: number
  err: string
  /** Of `data.json` by the scenario's id. */
  data: (id: string) => JsonValue
  /** `result.json`. */
  result: () => {
    scenarios: { id: string; output: string | null; success: boolean; error?: Record<string, JsonValue> }[]
  }
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
    const read = (...path: string[]): JsonValue =>
      JSON.parse(readFileSync(join(this.folder, String(all.output), ...path), 'utf8')) as JsonValue
    return { code, err, data: (id) => read(id, 'data.json'), result: () => read('result.json') as never }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
