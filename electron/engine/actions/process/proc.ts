import { readFileSync } from 'node:fs'
import { open, readlink, type FileHandle } from 'node:fs/promises'
import { errorCode, TocsinError } from '../../../../shared/errors.ts'

/** `USER_HZ`: what the kernel counts a process's start in, the same on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** Fields of `/proc/<pid>/stat` behind the name, which may hold anything (proc(5)). */
const STATE = 0
const PARENT = 1
const START = 19

/** What a process says of itself at one moment. */
export interface Stat {
  /** One letter: `Z` has ended and was not collected by its parent. */
  state: string
  parent: number
  /** Clock ticks after boot. */
  startTicks: string
}

/** One process, held by its folder in `/proc`: when its number is another's, what is read here fails. */
export class HeldProcess {
  readonly pid: number
  readonly #folder: FileHandle

  private constructor(pid: number, folder: FileHandle) {
    this.pid = pid
    this.#folder = folder
  }

  /** @returns null when there is no such process; the caller closes it */
  static async open(pid: number): Promise<HeldProcess | null> {
    try {
      return new HeldProcess(pid, await open(`/proc/${pid}`))
    } catch (error) {
      if (isGone(error)) return null
      throw denied(pid, error)
    }
  }

  /** @returns null when it has ended */
  stat(): Stat | null {
    const text = this.#text('stat')
    return text === null ? null : readStat(text)
  }

  /** The user and the thread group, as `status` has them. @returns null when it has ended */
  status(): { uid: number; group: number } | null {
    const text = this.#text('status')
    if (text === null) return null
    return { uid: Number(/^Uid:\s+(\d+)/m.exec(text)?.[1]), group: Number(/^Tgid:\s+(\d+)/m.exec(text)?.[1]) }
  }

  /** The path of what it executes; '' where there is none (a thread of the kernel). @throws TocsinError `process_denied` */
  async executable(): Promise<string> {
    try {
      return await readlink(this.#at('exe'))
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return ''
      throw denied(this.pid, error)
    }
  }

  /** Opens what it executes, also when that was deleted or replaced; the caller closes it. @throws TocsinError `process_denied` */
  async openExecutable(): Promise<FileHandle> {
    try {
      return await open(this.#at('exe'))
    } catch (error) {
      throw denied(this.pid, error)
    }
  }

  close(): Promise<void> {
    return this.#folder.close()
  }

  #at(name: string): string {
    return `/proc/self/fd/${this.#folder.fd}/${name}`
  }

  #text(name: string): string | null {
    try {
      return readFileSync(this.#at(name), 'utf8')
    } catch (error) {
      if (isGone(error)) return null
      throw denied(this.pid, error)
    }
  }
}

function readStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[STATE] ?? '', parent: Number(fields[PARENT]), startTicks: fields[START] ?? '' }
}

/** When a process began, in epoch milliseconds, as far as the clock was not set since the boot. */
export function startedAt({ startTicks }: Pick<Stat, 'startTicks'>): number {
  const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
  return boot * 1000 + (Number(startTicks) * 1000) / TICKS_PER_SECOND
}

/** Tells the starts of this machine apart: ticks count from each. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** The processes from this one up to the first, itself included. */
export function lineOf(pid: number): number[] {
  const line: number[] = []
  for (let next = pid; next > 0 && !line.includes(next); next = statOf(next)?.parent ?? 0) line.push(next)
  return line
}

/** By its number alone, which may be another one's at any time. @returns null when there is no such process */
export function statOf(pid: number): Stat | null {
  try {
    return readStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return null
  }
}

/** ENOENT: there is none; ESRCH: it has ended while it was held. */
function isGone(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH'
}

function denied(pid: number, error: unknown): TocsinError {
  return new TocsinError('process_denied', `Process ${pid} may not be looked at by the user that runs Tocsin.`, {
    cause: error,
  })
}
