import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { TocsinError } from '../../../../shared/errors.ts'
import { bootId, HeldProcess, lineOf, startedAt, type Stat } from './proc.ts'

/** Detectors tell the start in whole seconds, and the kernel's time of boot is in whole seconds too. */
const START_TOLERANCE_MS = 2000

const READ_BYTES = 1024 * 1024
const ENDED = new Set(['Z', 'X'])

/** A process as a detector named it. */
export interface Named {
  pid: number
  /** Epoch milliseconds. */
  startedAt: number
  /** Of what it executes, in small letters. */
  sha256: string
}

/** A process that was found to be the one that is meant. */
export interface Found {
  held: HeldProcess
  executable: string
  sha256: string
  uid: number
  startTicks: string
  bootId: string
  startedAt: number
}

/**
 * Finds the process that is meant, and holds on to it: what is read of it from then on is of no other.
 * @returns null when it has ended, also when its number is another process's by now; the caller closes what it holds
 * @throws TocsinError `not_supported`, `process_hash`, `process_thread`, `process_protected`, `process_denied`, what `check` throws
 */
export async function findProcess(named: Named, check: () => void): Promise<Found | null> {
  assertLinux()
  assertAllowed(named.pid)
  const held = await HeldProcess.open(named.pid)
  if (held === null) return null
  try {
    const found = await identified(held, named, check)
    if (found === null) await held.close()
    return found
  } catch (error) {
    await held.close()
    throw error
  }
}

/** Nothing but Linux's `/proc` holds a process so that its number cannot become another's. */
function assertLinux(platform: NodeJS.Platform = process.platform): void {
  if (platform === 'linux') return
  throw new TocsinError('not_supported', `process.stop works on Linux only, not on ${platform}: stop it by hand.`)
}

/** The first process, and all from which or by which this desk was started. */
function assertAllowed(pid: number): void {
  const isFirst = pid === 1
  if (!isFirst && !lineOf(process.pid).includes(pid) && !lineOf(pid).includes(process.pid)) return
  const what = isFirst ? 'the first process of this computer' : 'this desk, or a process above or below it'
  throw new TocsinError('process_protected', `Process ${pid} is ${what}: it is never stopped from here.`)
}

async function identified(held: HeldProcess, named: Named, check: () => void): Promise<Found | null> {
  const { pid } = named
  const stat = held.stat()
  if (stat === null || isOver(stat)) return null
  const started = startedAt(stat)
  // Its number is another process's by now.
  if (Math.abs(started - named.startedAt) > START_TOLERANCE_MS) return null
  const status = held.status()
  if (status === null) return null
  if (status.group !== pid) {
    throw new TocsinError('process_thread', `${pid} is a thread of process ${status.group}: name that one.`)
  }
  const own = process.getuid?.() ?? -1
  if (own !== 0 && status.uid !== own) {
    throw new TocsinError(
      'process_denied',
      `Process ${pid} belongs to user ${status.uid}, not to the one that runs Tocsin.`,
    )
  }
  const executable = await held.executable()
  if (executable === '') {
    if (held.stat() === null) return null
    throw new TocsinError('process_protected', `Process ${pid} is a thread of the kernel: it is never stopped.`)
  }
  const sha256 = await hashOf(await held.openExecutable(), check)
  if (sha256 !== named.sha256) {
    throw new TocsinError(
      'process_hash',
      `Process ${pid} executes ${executable} with the SHA-256 ${sha256}, not the given one: it is another program.`,
    )
  }
  return {
    held,
    executable,
    sha256,
    uid: status.uid,
    startTicks: stat.startTicks,
    bootId: bootId(),
    startedAt: started,
  }
}

/** It does nothing any more, whether or not its parent has noticed. */
export function isOver({ state }: Pick<Stat, 'state'>): boolean {
  return ENDED.has(state)
}

async function hashOf(file: FileHandle, check: () => void): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  try {
    for (;;) {
      check()
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, null)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}
