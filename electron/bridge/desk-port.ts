import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '../engine/files/private-file.ts'

/** Beside the database. A browser keeps what the desk remembers (theme, keys) by origin, and the port is part of that. */
const FILE = 'desk-port'

/** Below are ports that no program gets by asking for any. */
const LOWEST_PORT = 1024
const HIGHEST_PORT = 65_535

/** @returns the port that the desk of this data folder had last, or null */
export function lastDeskPort(dataDir: string): number | null {
  try {
    const port = Number(readFileSync(join(dataDir, FILE), 'utf8'))
    return Number.isInteger(port) && port >= LOWEST_PORT && port <= HIGHEST_PORT ? port : null
  } catch {
    return null
  }
}

/** Remembers the port for the next start; what cannot be remembered stops nothing. */
export function keepDeskPort(dataDir: string, port: number): void {
  if (lastDeskPort(dataDir) === port) return
  try {
    writePrivateFile(join(dataDir, FILE), String(port))
  } catch {
    // A full disk, say: the next start takes any port.
  }
}
