import { spawn, spawnSync, type StdioOptions } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { endLeftovers } from './leftover-scripts.ts'
import { copyScript } from './script-copy.ts'
import { runScript, type ScriptRun } from './run-script.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-script-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function run(source: string, more: Partial<ScriptRun> = {}): Promise<JsonValue> {
  return runScript({
    source,
    name: 'sub/block.sh',
    sha256: sha256(source),
    env: { PATH: '/usr/bin:/bin' },
    input: { do: 'run', args: { host: 'a' } },
    timeoutMs: 20_000,
    maxOutputBytes: 65_536,
    signal: new AbortController().signal,
    folder: join(folder, 'scripts'),
    ...more,
  })
}

const SH = '#!/bin/sh\n'

/** Whether a process is there that is not merely waiting to be asked for its end. */
function isAlive(pid: number): boolean {
  const path = `/proc/${pid}/stat`
  return existsSync(path) && !/\) [ZX] /.test(readFileSync(path, 'utf8'))
}

describe.skipIf(process.platform !== 'linux')('what a process that died has left running', () => {
  it('[S47] is ended before a script runs again, with its copy; others are let be', async () => {
    const copy = await copyScript(`${SH}sleep 300 & wait`, 'block.sh', folder)
    const left = spawn(copy.path, [], { detached: true, stdio: ['ignore', 'ignore', 'ignore', copy.fd] })
    const other = spawn('sleep', ['300'])
    const children = (pid = 0): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    await vi.waitFor(() => expect(children(left.pid)).not.toBe(''))
    const child = Number(children(left.pid))
    await endLeftovers(folder)
    await vi.waitFor(() => expect([left.pid ?? 0, child].filter(isAlive)).toEqual([]))
    expect(isAlive(other.pid ?? 0)).toBe(true)
    expect(readdirSync(folder)).toEqual([])
    other.kill()
    await copy.remove()
    await endLeftovers(join(folder, 'nowhere'))
  })
})

describe.skipIf(process.platform === 'win32')('a script', () => {
  it('gets JSON on stdin and answers JSON on stdout', async () => {
    expect(await run(`${SH}cat`)).toEqual({ do: 'run', args: { host: 'a' } })
    expect(await run(`${SH}exit 0`)).toBe(null)
    const large = { text: 'x'.repeat(300_000) }
    expect(await run(`${SH}wc -c`, { input: large })).toBe(JSON.stringify(large).length)
  })

  it('has the environment that is declared, no argument, and / as its folder', async () => {
    process.env['TOCSIN_PLANTED'] = 'secret'
    const told = await run(`${SH}/usr/bin/env > "$OUT"; printf '["%s", "%s"]' "$(pwd)" "$#"`, {
      env: { PATH: '/usr/bin:/bin', OUT: join(folder, 'env') },
    })
    delete process.env['TOCSIN_PLANTED']
    expect(told).toEqual(['/', '0'])
    const names = readFileSync(join(folder, 'env'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0])
    // The shell itself adds the last ones.
    expect(names.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name ?? ''))).toEqual(['PATH', 'OUT'])
  })

  it('[S47] meets no shell on its way: what stands in an argument is text', async () => {
    const hostile = '$(touch pwned); `id` | & > /tmp/x "\' \n'
    expect(await run(`${SH}cat`, { input: { args: { host: hostile } } })).toEqual({ args: { host: hostile } })
  })

  it('[S47] runs the bytes that were hashed, though another file stands in their place by then', async () => {
    const copy = await copyScript(`${SH}printf good`, 'block.sh', folder)
    const [own = ''] = readdirSync(folder)
    const path = join(folder, own, 'block.sh')
    rmSync(path)
    writeFileSync(path, `${SH}printf evil`, { mode: 0o700 })
    expect(copy.sha256).toBe(sha256(`${SH}printf good`))
    const stdio: StdioOptions = ['ignore', 'pipe', 'inherit', copy.fd]
    if (process.platform === 'linux') expect(spawnSync(copy.path, [], { stdio }).stdout.toString()).toBe('good')
    await copy.remove()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is not run when its bytes are not those that were planned', async () => {
    const mark = join(folder, 'ran')
    await expect(run(`${SH}touch ${mark}`, { sha256: sha256('other') })).rejects.toMatchObject({
      code: 'script_changed',
    })
    expect(existsSync(mark)).toBe(false)
  })

  it('leaves no copy behind, in a folder that is ours alone', async () => {
    await run(`${SH}exit 0`)
    await run(`${SH}exit 3`).catch(() => undefined)
    expect(readdirSync(join(folder, 'scripts'))).toEqual([])
    expect(statSync(join(folder, 'scripts')).mode & 0o777).toBe(0o700)
  })

  it('that ends otherwise than with 0 says that it was not done, and why', async () => {
    const failing = run(`${SH}echo 'no such chain' >&2; exit 3`)
    await expect(failing).rejects.toMatchObject({
      code: 'script_failed',
      message: expect.stringMatching(/3.*no such chain/) as string,
    })
    await expect(failing).rejects.not.toHaveProperty('hasLeft')
  })

  it('that cannot be started was not run', async () => {
    await expect(run('#!/nowhere/python9\n')).rejects.toMatchObject({ code: 'script_not_started' })
  })

  it('[S47] is killed with all that it started when its time is up', async () => {
    const pids = join(folder, 'pids')
    const script = `${SH}sleep 300 & echo $! >> ${pids}; (sleep 300 & echo $! >> ${pids}; wait) & echo $$ >> ${pids}; wait`
    await expect(run(script, { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'script_timed_out', hasLeft: true })
    const numbers = readFileSync(pids, 'utf8').trim().split('\n').map(Number)
    expect(numbers).toHaveLength(3)
    await vi.waitFor(() => expect(numbers.filter(isAlive)).toEqual([]))
  })

  it('takes what it left in its group with it, and does not wait for what left the group', async () => {
    const pids = join(folder, 'pids')
    expect(await run(`${SH}sleep 300 & echo $! > ${pids}; printf 1`)).toBe(1)
    const [left = 0] = readFileSync(pids, 'utf8').trim().split('\n').map(Number)
    await vi.waitFor(() => expect(isAlive(left)).toBe(false))
    expect(await run(`${SH}setsid sleep 3 & printf 2`)).toBe(2)
  })

  it('is killed when it writes more than it may, or is stopped', async () => {
    await expect(run(`${SH}yes`, { maxOutputBytes: 1000 })).rejects.toMatchObject({
      code: 'script_output',
      hasLeft: true,
    })
    const stop = new AbortController()
    const mark = join(folder, 'started')
    const stopped = run(`${SH}touch ${mark}; sleep 300`, { signal: stop.signal })
    await vi.waitFor(() => expect(existsSync(mark)).toBe(true))
    stop.abort()
    await expect(stopped).rejects.toMatchObject({ code: 'stopped', hasLeft: true })
  })

  it('leaves open what it did when it was killed, or answers no JSON', async () => {
    await expect(run(`${SH}kill -9 $$`)).rejects.toMatchObject({ code: 'script_killed', hasLeft: true })
    await expect(run(`${SH}echo done`)).rejects.toMatchObject({ code: 'bad_answer', hasLeft: true })
  })

  it('may be one of any interpreter that takes a path', async () => {
    const node = `#!${process.execPath}\nlet text = ''\nprocess.stdin.on('data', (c) => (text += c)).on('end', () => console.log(JSON.stringify({ got: JSON.parse(text).do })))\n`
    expect(await run(node, { name: 'block.js' })).toEqual({ got: 'run' })
    const esm = `#!${process.execPath}\nimport { text } from 'node:stream/consumers'\nconsole.log(JSON.stringify(JSON.parse(await text(process.stdin)).do))\n`
    expect(await run(esm, { name: 'block.mjs' })).toBe('run')
  })
})
