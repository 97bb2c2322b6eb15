import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'

/** Exchanges two names as fast as it can; each line of input stops it or lets it go on, and is answered by how often it did. */
const PROGRAM = `
import ctypes, os, select, sys
libc = ctypes.CDLL(None)
a, b, n = sys.argv[1].encode(), sys.argv[2].encode(), 0
def flip():
    global n
    for _ in range(50):
        n += libc.renameat2(-100, a, -100, b, 2) == 0
while sys.stdin.readline():
    flip()
    os.write(1, b'%d\\n' % n)
    while not select.select([sys.stdin], [], [], 0)[0]: flip()
    sys.stdin.readline()
    os.write(1, b'%d\\n' % n)
`
/** Another user's: the attacker of the tests when they run as root. */
const OTHER_USER = 65_534

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path)) ?? null

/** Why names cannot be exchanged here, or null. */
export const noFlips: string | null = whyNot()

/** Whoever owns the folder that a file lies in: flips two names in it, as another user where the tests run as root. */
export class Flipper {
  readonly #child: ChildProcessWithoutNullStreams

  /** @param a and @param b absolute; nothing is flipped yet */
  constructor(a: string, b: string) {
    this.#child = spawn(python ?? '', ['-c', PROGRAM, a, b], process.getuid?.() === 0 ? { uid: OTHER_USER } : {})
  }

  /** Flips until the work has ended. @returns what the work returns */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#toggle()
    try {
      return await work()
    } finally {
      await this.#toggle()
    }
  }

  /** @returns how often the names were exchanged in all */
  async stop(): Promise<number> {
    await this.#toggle()
    const count = await this.#toggle()
    this.#child.stdin.end()
    await once(this.#child, 'close')
    return count
  }

  async #toggle(): Promise<number> {
    const answer = once(this.#child.stdout, 'data') as Promise<[Buffer]>
    this.#child.stdin.write('\n')
    const [part] = await answer
    return Number(part.toString())
  }
}

/** The user that flips, for the owner of what is flipped. */
export const flippingUser = process.getuid?.() === 0 ? OTHER_USER : (process.getuid?.() ?? 0)

function whyNot(): string | null {
  if (process.platform !== 'linux') return 'renameat2 is a call of Linux'
  if (python === null) return 'python3 is not installed'
  const probe = spawnSync(python, ['-c', 'import ctypes; ctypes.CDLL(None).renameat2'])
  return probe.status === 0 ? null : 'the C library has no renameat2'
}
