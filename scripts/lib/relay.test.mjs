import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from './project.mjs'

/** Says which signals it got; ends with 7 at "bye" on its input, or at once by a second signal with 9. */
const POLITE = `
let count = 0
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
  count += 1
  console.log(signal + ' ' + count)
  if (count === 2) process.exit(9)
})
process.stdin.on('data', (text) => String(text).includes('bye') && process.exit(7))
setInterval(() => {}, 1000)
console.log('up ' + process.pid)
`
const CARELESS = `setInterval(() => {}, 1000)\nconsole.log('up ' + process.pid)\n`

let folder
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-relay-'))
  await writeFile(join(folder, 'polite.mjs'), POLITE)
  await writeFile(join(folder, 'careless.mjs'), CARELESS)
  const relay = pathToFileURL(join(ROOT, 'scripts/lib/relay.mjs')).href
  const source = `import { becomeNode } from ${JSON.stringify(relay)}\nbecomeNode(process.execPath, process.argv.slice(2))\n`
  await writeFile(join(folder, 'launcher.mjs'), source)
})
afterAll(() => rm(folder, { recursive: true }))

/** Starts a program behind the launcher, as leader of a process group. */
async function launch(program) {
  const args = [join(folder, 'launcher.mjs'), join(folder, program)]
  const launcher = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  const lines = createInterface({ input: launcher.stdout })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value
  const pid = Number((await next()).split(' ')[1])
  return { launcher, next, pid, exit: once(launcher, 'exit') }
}

/** Waits until a process is gone (or waits to be reaped, where nobody does). */
async function gone(pid) {
  const isAlive = () => {
    try {
      process.kill(pid, 0)
    } catch {
      return false
    }
    return true
  }
  await expect.poll(() => isAlive() && !isZombie(pid)).toBe(false)
}

function isZombie(pid) {
  return process.platform === 'linux' && /^State:\s+Z/m.test(readStatus(pid))
}

function readStatus(pid) {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

describe.skipIf(process.platform === 'win32')('relay', () => {
  it.each([
    ['the launcher alone', 1],
    ['the whole group', -1],
  ])('delivers a signal to %s once, and hands on the exit status', async (_what, sign) => {
    const { launcher, next, exit } = await launch('polite.mjs')
    process.kill(sign * launcher.pid, 'SIGTERM')
    expect(await next()).toBe('SIGTERM 1')
    launcher.stdin.write('bye\n')
    expect(await exit).toEqual([7, null])
  })

  it.each([1, -1])('delivers a second signal, too (%i)', async (sign) => {
    const { launcher, next, exit } = await launch('polite.mjs')
    process.kill(sign * launcher.pid, 'SIGINT')
    expect(await next()).toBe('SIGINT 1')
    process.kill(sign * launcher.pid, 'SIGINT')
    expect(await next()).toBe('SIGINT 2')
    expect(await exit).toEqual([9, null])
  })

  it.each([1, -1])('ends as a program ends that does not care about signals (%i)', async (sign) => {
    const { launcher, exit } = await launch('careless.mjs')
    process.kill(sign * launcher.pid, 'SIGTERM')
    expect(await exit).toEqual([null, 'SIGTERM'])
  })

  it('ends in order when npm’s shell dies under it', async () => {
    const command = `${process.execPath} ${join(folder, 'launcher.mjs')} ${join(folder, 'polite.mjs')}; true`
    const env = { ...process.env, npm_command: 'run-script' }
    const shell = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'], env })
    const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]()
    const next = async () => (await lines.next()).value
    const pid = Number((await next()).split(' ')[1])
    shell.kill('SIGTERM')
    expect(await next()).toBe('SIGTERM 1')
    process.kill(pid, 'SIGTERM')
    await gone(pid)
  })

  it('leaves no program behind when the launcher is killed', async () => {
    const { launcher, pid, exit } = await launch('careless.mjs')
    launcher.kill('SIGKILL')
    await exit
    await gone(pid)
  })
})
