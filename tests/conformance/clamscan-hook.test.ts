import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../electron/engine/forms/canonical.ts'
import type { JsonObject } from '../../shared/model/json.ts'

const HOOK = fileURLToPath(new URL('../../policies/hooks/clamscan.mjs', import.meta.url))
const BAD = 'marker-of-a-bad-file'

/** In clamscan's place: finds the marker in what it is given, and prints as clamscan does. */
const STAND_IN = `#!${process.execPath}
const { readdirSync, readFileSync, statSync } = require('node:fs')
let code = 0
const look = (path) => {
  if (statSync(path).isDirectory()) return readdirSync(path).forEach((name) => look(path + '/' + name))
  if (!readFileSync(path).includes('${BAD}')) return
  code = 1
  console.log(path + ': Stand.In FOUND')
}
process.argv.slice(2).filter((arg) => !arg.startsWith('-')).forEach(look)
process.exitCode = code
`

const isInstalled = spawnSync('clamscan', ['--version']).status === 0
if (!isInstalled) process.stderr.write('clamscan-hook: clamscan NOT RUN: it is not installed (apt install clamav)\n')

let base: string
let dirty: string
let server: Server
let status: number
let events: JsonObject[]

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'tocsin-scan-'))
  dirty = join(base, 'downloads')
  mkdirSync(dirty)
  events = []
  status = 200
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      events.push(JSON.parse(body) as JsonObject)
      response.writeHead(status).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.close().closeAllConnections()
  rmSync(base, { recursive: true, force: true })
})

/** @param scanner the real one with a signature of its own, or the stand-in */
async function run(
  scanner: 'clamscan' | 'stand-in',
  args: string[] = [dirty],
): Promise<{ code: number; output: string }> {
  const program = join(base, 'stand-in.cjs')
  writeFileSync(program, STAND_IN)
  chmodSync(program, 0o755)
  mkdirSync(join(base, 'db'), { recursive: true })
  writeFileSync(join(base, 'db', 'test.ndb'), `Test.Sig:0:*:${Buffer.from(BAD).toString('hex')}\n`)
  const options = scanner === 'clamscan' ? ['--', `--database=${join(base, 'db')}`] : []
  const env = {
    PATH: process.env['PATH'],
    TOCSIN_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...(scanner === 'stand-in' ? { CLAMSCAN: program } : {}),
  }
  const child = spawn(process.execPath, [HOOK, ...args, ...options], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (part: Buffer) => (output += part.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

const scanners = isInstalled ? (['stand-in', 'clamscan'] as const) : (['stand-in'] as const)

describe.runIf(process.platform !== 'win32').each(scanners)('the hook for clamscan, with %s', (scanner) => {
  it('[S33] takes no name for another file, whatever names hold', async () => {
    const innocent = join(base, 'thesis.doc')
    writeFileSync(innocent, 'a thesis')
    // As clamscan would print them: a folder that ends a line, and begins one with another file's name.
    const folders = [
      join(dirty, `x\n${innocent.slice(1)}: Any.Virus FOUND\n`),
      join(dirty, 'a: B FOUND'),
      join(dirty, '-z'),
    ]
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'bad'), BAD)
      writeFileSync(join(folder, 'good'), 'nothing')
    }
    expect(await run(scanner)).toEqual({ code: 0, output: '' })
    expect(new Set(events.map(({ path }) => path))).toEqual(new Set(folders.map((folder) => join(folder, 'bad'))))
    expect(events).toHaveLength(folders.length)
    expect(new Set(events.map((event) => event['sha256']))).toEqual(new Set([sha256(BAD)]))
    expect(events[0]).toMatchObject({ virus: expect.stringMatching(/^(Test\.Sig\.UNOFFICIAL|Stand\.In)$/) as string })
  })

  it.runIf(process.platform === 'linux')('[S33] sends a name that is no text as its bytes', async () => {
    const name = Buffer.concat([Buffer.from(`${dirty}/a`), Buffer.from([0xff])])
    writeFileSync(name, BAD)
    writeFileSync(name.toString(), 'of an innocent file')
    expect(await run(scanner)).toEqual({ code: 0, output: '' })
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ path_hex: name.toString('hex'), sha256: sha256(BAD) })
    expect(events[0]).not.toHaveProperty('path')
  })

  it('follows no links, and finds nothing where there is nothing', async () => {
    writeFileSync(join(base, 'bad'), BAD)
    symlinkSync(join(base, 'bad'), join(dirty, 'link'))
    symlinkSync(base, join(dirty, 'folder'))
    expect(await run(scanner)).toEqual({ code: 0, output: '' })
    expect(events).toEqual([])
  })

  it('says that a finding was refused', async () => {
    writeFileSync(join(dirty, 'bad'), BAD)
    status = 403
    expect(await run(scanner)).toEqual({ code: 3, output: 'clamav-event: Tocsin answered 403: {}\n' })
  })

  it('says what was not scanned, and how it is used', async () => {
    const missing = await run(scanner, [join(base, 'missing')])
    expect(missing).toMatchObject({ code: 5 })
    expect(missing.output).toContain('cannot be read (ENOENT)')
    expect((await run(scanner, [])).code).toBe(2)
  })
})
