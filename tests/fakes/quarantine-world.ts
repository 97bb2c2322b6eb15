import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Intent, ProbeOutcome, RunOutcome } from '../../electron/engine/actions/action-port.ts'
import type { JsonObject } from '../../shared/model/json.ts'
import { actionKit, GOLDEN_ALERT, subjectOf, type ActionKit } from './action-kit.ts'

export const EICAR = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
export const isRoot = process.getuid?.() === 0

/** A second file system, where there is one: the way across differs. */
export const OTHER_DISK =
  ['/dev/shm'].find((path) => existsSync(path) && statSync(path).dev !== statSync(tmpdir()).dev) ?? null

/** Real folders with one file to quarantine, the real actions over them, and what is left afterwards. */
export class QuarantineWorld {
  readonly base: string
  /** The file to quarantine. */
  readonly path: string
  readonly roots: string[]
  kit: ActionKit

  /** @param disk where the file lies; the data folder is always in the temporary folder */
  constructor(disk: string = tmpdir()) {
    this.base = realpathSync(mkdtempSync(join(tmpdir(), 'tocsin-quarantine-')))
    for (const folder of ['data', 'policies', 'app', 'outside']) mkdirSync(join(this.base, folder))
    const root = disk === tmpdir() ? join(this.base, 'root') : mkdtempSync(join(disk, 'tocsin-quarantine-'))
    mkdirSync(root, { recursive: true })
    this.roots = [root]
    this.path = join(root, 'invoice.exe')
    writeEicar(this.path)
    this.kit = this.openKit()
  }

  openKit(more: { dataDir?: string | null; roots?: string[] } = {}): ActionKit {
    return actionKit({ ...this.places(), ...more })
  }

  places(): { dataDir: string; policyDir: string; appDir: string; roots: string[] } {
    const { base, roots } = this
    return { dataDir: join(base, 'data'), policyDir: join(base, 'policies'), appDir: join(base, 'app'), roots }
  }

  /** Ids of the quarantine folders that there are. */
  quarantined(): string[] {
    const folder = join(this.base, 'data', 'quarantine')
    return existsSync(folder) ? readdirSync(folder) : []
  }

  held(id: string): string {
    return join(this.base, 'data', 'quarantine', id, 'file')
  }

  async run(intent: Intent): Promise<RunOutcome> {
    return this.kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)
  }

  async probe(intent: Intent): Promise<ProbeOutcome> {
    return this.kit.actions.probe(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)
  }

  /** Quarantines the file. @returns the id, by which it is restored */
  async quarantine(args: JsonObject = {}): Promise<string> {
    return quarantineId(resultOf(await this.kit.run('file.quarantine', { path: this.path, ...args })))
  }

  async close(): Promise<void> {
    await this.kit.close()
    for (const folder of [this.base, ...this.roots]) rmSync(folder, { recursive: true, force: true })
  }
}

export function writeEicar(file: string): void {
  writeFileSync(file, EICAR)
  chmodSync(file, 0o640)
  if (isRoot) chownSync(file, 1234, 4321)
  utimesSync(file, 1_600_000_000.25, 1_500_000_000.5)
}

export interface Look {
  bytes: string
  uid: number
  gid: number
  mode: number
  links: number
  /** Whole milliseconds: Node sets times as floating-point seconds. */
  mtimeMs: number
}

/** Everything about a file that an undo has to bring back. */
export function look(file: string): Look {
  const { uid, gid, mode, mtimeMs, nlink } = statSync(file)
  return {
    bytes: readFileSync(file, 'utf8'),
    uid,
    gid,
    mode: mode & 0o7777,
    links: nlink,
    mtimeMs: Math.round(mtimeMs),
  }
}

export function resultOf(outcome: RunOutcome): JsonObject {
  // An action's result is an object here: quarantine and restore give nothing else.
  if (outcome.outcome === 'succeeded') return outcome.result as JsonObject
  throw new Error(`${outcome.error.code}: ${outcome.error.message}`)
}

export function quarantineId(result: JsonObject): string {
  if (typeof result.quarantine_id === 'string') return result.quarantine_id
  throw new Error('the result names no quarantine')
}
