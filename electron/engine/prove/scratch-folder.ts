import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @returns a new folder that only this user can enter */
export function makeScratchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tocsin-prove-'))
}

export function removeScratchFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
