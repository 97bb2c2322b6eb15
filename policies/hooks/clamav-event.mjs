#!/usr/bin/env node
/**
 * Sends a finding of ClamAV to Tocsin. For `VirusEvent` in clamd.conf (docs/FORWARDING.md); needs Node 18 or later and
 * nothing else. Reads CLAM_VIRUSEVENT_FILENAME and CLAM_VIRUSEVENT_VIRUSNAME, which clamd sets. No shell sees them.
 *
 * TOCSIN_URL    where the receiver listens (http://127.0.0.1:8080)
 * TOCSIN_TOKEN  the token of a source, where one was made for this scanner
 *
 * Exit status: 0 received; 2 the variables are missing; 3 Tocsin refused the event (its answer is on stderr);
 * 4 no answer within ten seconds.
 */
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { constants, readFileSync, realpathSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { request } from 'node:http'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'

const TIMEOUT_MS = 10_000
const MAX_ANSWER = 4096
export const EXIT = { received: 0, noFinding: 2, refused: 3, noAnswer: 4 }

/** Longer files go without a hash: clamd waits for us. */
const MAX_HASHED_BYTES = 256 * 1024 * 1024

/**
 * An event about one file. A name that is no text is sent as its bytes in hex and not as `path`: a path that was made readable
 * would be another file's.
 * @param {string} virus
 * @param {Buffer} name the path, byte for byte
 * @param {string | null} sha256
 */
export function findingOf(virus, name, sha256) {
  const file = isUtf8(name) ? { path: name.toString() } : { path_hex: name.toString('hex') }
  return { virus, ...file, host: hostname(), ...(sha256 === null ? {} : { sha256 }), scanner: 'ClamAV' }
}

/** Opens a file itself: no link, no device. @returns its handle, or null when it cannot be read */
export async function openFile(name) {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const file = await open(name, flags).catch(() => null)
  if (file === null) return null
  if ((await file.stat()).isFile()) return file
  await file.close()
  return null
}

/** @returns hex, or null where the file is too long or cannot be read */
export async function hashOf(file) {
  if ((await file.stat()).size > MAX_HASHED_BYTES) return null
  const hash = createHash('sha256')
  try {
    for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk)
    return hash.digest('hex')
  } catch {
    return null
  }
}

/** @returns the event of this finding, or null when clamd did not start us */
async function finding(env) {
  const { CLAM_VIRUSEVENT_FILENAME: path, CLAM_VIRUSEVENT_VIRUSNAME: virus } = env
  if (!path || !virus) return null
  const name = bytesOf('CLAM_VIRUSEVENT_FILENAME', path)
  const file = await openFile(name)
  const sha256 = file === null ? null : await hashOf(file)
  await file?.close()
  return findingOf(virus, name, sha256)
}

/** The bytes of a variable. Node reads what is no UTF-8 as U+FFFD; Linux keeps what the process was started with. */
function bytesOf(variable, text) {
  if (!text.includes('\ufffd')) return Buffer.from(text)
  try {
    const environment = readFileSync('/proc/self/environ')
    const begin = Buffer.from(`\0${variable}=`)
    const all = Buffer.concat([Buffer.from([0]), environment, Buffer.from([0])])
    const at = all.indexOf(begin)
    if (at >= 0) return all.subarray(at + begin.length, all.indexOf(0, at + begin.length))
  } catch {
    // No /proc: the systems without one name files in UTF-8.
  }
  return Buffer.from(text)
}

/** @returns `{status, text}` of the receiver's answer */
function post(url, token, event) {
  const body = Buffer.from(JSON.stringify(event))
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  if (token) headers.authorization = `Bearer ${token}`
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => (text = (text + part).slice(0, MAX_ANSWER)))
      response.on('end', () => resolve({ status: response.statusCode, text }))
      response.on('error', reject)
    })
    // For the whole exchange, not for a silence in it.
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS)
    call.on('close', () => clearTimeout(timer))
    call.on('error', reject)
    call.end(body)
  })
}

/** Sends one event; says on stderr what went wrong. @returns the exit status */
export async function report(event, env) {
  try {
    const url = new URL('/alert/raw/clamav', env.TOCSIN_URL ?? 'http://127.0.0.1:8080')
    const { status, text } = await post(url, env.TOCSIN_TOKEN, event)
    // 202: stored, but a policy failed on it; it waits under Problems.
    if (status === 200 || status === 202) return EXIT.received
    process.stderr.write(`clamav-event: Tocsin answered ${status}: ${text}\n`)
    return EXIT.refused
  } catch (error) {
    process.stderr.write(`clamav-event: ${error.message}\n`)
    return EXIT.noAnswer
  }
}

/** @returns the exit status */
async function main(env) {
  const event = await finding(env)
  if (event !== null) return report(event, env)
  process.stderr.write('clamav-event: CLAM_VIRUSEVENT_FILENAME and CLAM_VIRUSEVENT_VIRUSNAME are not set\n')
  return EXIT.noFinding
}

/** Started, not imported by the hook for clamscan. */
if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  process.exitCode = await main(process.env)
}
