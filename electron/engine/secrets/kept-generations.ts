import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { faultPoint } from '../ports/fault-point.ts'
import { syncFolder, writePrivateFile } from '../files/private-file.ts'

/** The id is the file's name: what is copied over a vault cannot hide what lay there before. */
const PREFIX = 'generation-'

/** The runs that the vault knows; one, but after a crash or after something was copied over it. */
export function keptGenerations(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith(PREFIX) && !file.endsWith('.tmp'))
    .map((file) => file.slice(PREFIX.length))
}

/** Keeps this one and forgets the others; on disk when it returns. */
export function keepGeneration(folder: string, id: string): void {
  const before = keptGenerations(folder).filter((other) => other !== id)
  writePrivateFile(join(folder, PREFIX + id), '')
  faultPoint('generation:written')
  for (const other of before) rmSync(join(folder, PREFIX + other), { force: true })
  syncFolder(folder)
}
