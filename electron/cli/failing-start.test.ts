import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CommandWorld, readyLine, type Ended, type Running } from '../../tests/fakes/command.ts'

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url))
const isRoot = process.getuid?.() === 0
const isLinux = process.platform === 'linux'

const world = new CommandWorld()
const ready = join(world.folder, 'ready')
let count = 0
beforeAll(async () => {
  const running = world.start(['serve', '--data', ready, '-a', '127.0.0.1:0'])
  await readyLine(running)
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
})
afterEach(() => world.killAll())
afterAll(() => world.remove())

const COMMANDS = [
  ['serve', '--desk'],
  ['desk', '--host', 'browser', '--no-open'],
]

/** A folder in which something lies where a file should be. */
function folderWith(obstacle: (path: (name: string) => string) => void): string {
  const data = join(world.folder, `data-${(count += 1)}`)
  cpSync(ready, data, { recursive: true })
  obstacle((name) => join(data, name))
  return data
}

const asFolder = (path: string): void => {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(join(path, 'in'), { recursive: true })
}
const asFile = (path: string): void => {
  rmSync(path, { recursive: true, force: true })
  writeFileSync(path, 'x')
}

/** It must have ended by itself: the test's own time limit is what says that it did not. */
async function failed(running: Running): Promise<Ended> {
  const code = await running.ended
  return { code, out: running.out(), err: running.err() }
}

describe.each(COMMANDS)('[S41] %s %s that cannot start ends with 1 and says why', (...command) => {
  const start = (data: string): Running => world.start([...command, '--data', data, '-a', '127.0.0.1:0', '-l', 'error'])

  it.each<[string, (path: (name: string) => string) => void]>([
    ['desk-link.json', (path) => asFolder(path('desk-link.json'))],
    ['logs', (path) => asFile(path('logs'))],
    ['vault', (path) => asFile(path('vault'))],
    ['vault.key', (path) => asFile(path('vault/vault.key'))],
    ['handle.key', (path) => asFolder(path('vault/handle.key'))],
    ['audit-key', (path) => asFile(path('vault/audit-key'))],
    ['workspace', (path) => asFile(path('workspace'))],
    ['running', (path) => asFolder(path('running'))],
    ['lock.db', (path) => asFolder(path('lock.db'))],
  ])('where %s cannot be used', async (name, obstacle) => {
    const data = folderWith(obstacle)
    const { code, out, err } = await failed(start(data))
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(name === 'lock.db' ? data : name)
    expect(err).not.toContain('the log says what')
  })
})

describe.skipIf(!isLinux)('[S41] without descriptors', () => {
  it.each([24, 28, 32, 36, 40, 44, 48])('a start with %s either serves or ends with 1', async (limit) => {
    const data = folderWith(() => undefined)
    const args = [process.execPath, CLI, 'serve', '--desk', '--data', data, '-a', '127.0.0.1:0', '-l', 'error']
    const running = world.startAny('sh', ['-c', `ulimit -n ${limit}; exec "$@"`, 'sh', ...args])
    const line = await readyLine(running).catch(() => null)
    if (line !== null) running.child.kill('SIGTERM')
    const { code, err } = await failed(running)
    expect(code).toBe(line === null ? 1 : 0)
    if (line === null) expect(err).toMatch(/EMFILE|cannot be used/)
  })
})

describe.skipIf(!isRoot || !isLinux || !mountWorks())('[S41] without space', () => {
  it.each([256, 700, 1400, 3000])('a start on %s KiB either serves or ends with 1', async (size) => {
    const place = join(world.folder, `full-${size}`)
    mkdirSync(place)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', place])
    try {
      const args = ['serve', '--desk', '--data', join(place, 'data'), '-a', '127.0.0.1:0', '-l', 'error']
      const running = world.start(args)
      const line = await readyLine(running).catch(() => null)
      if (line !== null) running.child.kill('SIGTERM')
      const { code, err } = await failed(running)
      expect(code).toBe(line === null ? 1 : 0)
      if (line === null) expect(err).not.toBe('')
    } finally {
      execFileSync('umount', ['-l', place])
    }
  })
})

describe('[S41] a signal while it starts', () => {
  it('ends it in order', async () => {
    const running = world.start(['serve', '--data', join(world.folder, 'fresh'), '-a', '127.0.0.1:0', '-l', 'info'])
    const isStarting = (): boolean => running.err().includes('starting tocsin')
    while (!isStarting()) await new Promise((resolve) => running.child.stderr?.once('data', resolve))
    running.child.kill('SIGTERM')
    expect([0, 1]).toContain(await running.ended)
  })
})

/** Containers often may not mount; then the tests are reported as skipped. */
function mountWorks(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'tocsin-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' })
    execFileSync('umount', [place], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('SKIPPED: starts without space [S41] need a tmpfs, which this user may not mount\n')
    return false
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
