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
import { request } from 'node:http'
import { hostname } from 'node:os'

const TIMEOUT_MS = 10_000
const MAX_ANSWER = 4096
const EXIT = { received: 0, noFinding: 2, refused: 3, noAnswer: 4 }

/** @returns the event of this finding, or null when clamd did not start us */
function finding(env) {
  const { CLAM_VIRUSEVENT_FILENAME: path, CLAM_VIRUSEVENT_VIRUSNAME: virus } = env
  return path && virus ? { virus, path, host: hostname(), scanner: 'ClamAV' } : null
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

/** @returns the exit status */
async function main(env) {
  const event = finding(env)
  if (event === null) {
    process.stderr.write('clamav-event: CLAM_VIRUSEVENT_FILENAME and CLAM_VIRUSEVENT_VIRUSNAME are not set\n')
    return EXIT.noFinding
  }
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

process.exitCode = await main(process.env)
