import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../electron/engine/forms/canonical.ts'
import type { JsonObject } from '../../shared/model/json.ts'

const HOOK = fileURLToPath(new URL('../../policies/hooks/clamav-event.mjs', import.meta.url))
const servers: Server[] = []
const folders: string[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A receiver that answers `status` to everything and keeps what came. */
async function receiver(status: number) {
  const seen: { path: string; type: string | undefined; token: string | undefined; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      const { 'content-type': type, authorization: token } = request.headers
      seen.push({ path: request.url ?? '', type, token, body })
      response.writeHead(status).end('{"error":"why"}')
    })
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function runHook(env: Record<string, string>) {
  const child = spawn(process.execPath, [HOOK], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  child.stderr.on('data', (part: Buffer) => (output += part.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

describe('ClamAV hook', () => {
  it('sends names as data, whatever they hold', async () => {
    const { seen, url } = await receiver(200)
    const path = `/tmp/a "b" $(touch x) \`y\` 'z' ; \\ \n ü ‮.exe`
    const env = { CLAM_VIRUSEVENT_FILENAME: path, CLAM_VIRUSEVENT_VIRUSNAME: 'Win.Test"},{"', TOCSIN_URL: url }
    expect(await runHook({ ...env, TOCSIN_TOKEN: 'abc' })).toEqual({ code: 0, output: '' })
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ path: '/alert/raw/clamav', type: 'application/json', token: 'Bearer abc' })
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      virus: 'Win.Test"},{"',
      path,
      host: hostname(),
      scanner: 'ClamAV',
    })
  })

  it('takes an event that waits under Problems as received', async () => {
    const { url } = await receiver(202)
    const env = { CLAM_VIRUSEVENT_FILENAME: '/a', CLAM_VIRUSEVENT_VIRUSNAME: 'X', TOCSIN_URL: url }
    expect((await runHook(env)).code).toBe(0)
  })

  it('exits 2 without a finding, 3 when refused, 4 without an answer', async () => {
    const { seen, url } = await receiver(403)
    const finding = { CLAM_VIRUSEVENT_FILENAME: '/a', CLAM_VIRUSEVENT_VIRUSNAME: 'X' }
    expect((await runHook({ CLAM_VIRUSEVENT_FILENAME: '/a', TOCSIN_URL: url })).code).toBe(2)
    expect(seen).toHaveLength(0)
    expect(await runHook({ ...finding, TOCSIN_URL: url })).toEqual({
      code: 3,
      output: 'clamav-event: Tocsin answered 403: {"error":"why"}\n',
    })
    const closed = await receiver(200)
    servers.pop()?.close().closeAllConnections()
    expect((await runHook({ ...finding, TOCSIN_URL: closed.url })).code).toBe(4)
    expect((await runHook({ ...finding, TOCSIN_URL: 'not a url' })).code).toBe(4)
  })

  it.runIf(process.platform === 'linux')(
    '[S33] sends a name that is no text as its bytes, with the hash of that very file',
    async () => {
      const { seen, url } = await receiver(200)
      const folder = Buffer.from(`${scratch()}/`)
      const name = Buffer.concat([folder, Buffer.from([0x61, 0xff, 0x2e, 0x65])])
      writeFileSync(name, 'of the odd name')
      // What it would be taken for, read as text.
      writeFileSync(name.toString(), 'of an innocent file')
      // Node starts a program with text only: a shell makes the bytes.
      const script = `CLAM_VIRUSEVENT_FILENAME="$(printf '${octal(name)}')" exec "$0" "$1"`
      const env = { CLAM_VIRUSEVENT_FILENAME: '', CLAM_VIRUSEVENT_VIRUSNAME: 'X', TOCSIN_URL: url }
      const child = spawn('/bin/sh', ['-c', script, process.execPath, HOOK], { env, stdio: 'ignore' })
      expect(await once(child, 'close')).toEqual([0, null])
      const event = JSON.parse(seen[0]?.body ?? '') as JsonObject
      expect(event).toMatchObject({ virus: 'X', path_hex: name.toString('hex'), sha256: sha256('of the odd name') })
      expect(event).not.toHaveProperty('path')
    },
  )
})

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-hook-'))
  folders.push(folder)
  return folder
}

/** Bytes as `printf` reads them. */
function octal(bytes: Buffer): string {
  return Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
}
