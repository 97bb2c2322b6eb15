import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { homedir, hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import { OpenFolder } from '../files/open-folder.ts'

/** Where the sample file lies, inside the first allowed root that takes it. */
const FOLDER = 'tocsin-sample'
const ANSWER_MS = 10_000

/**
 * The EICAR test file: 68 harmless characters that every scanner knows (eicar.org). In pieces, so that a scanner does not
 * take this program for it.
 */
const EICAR = ['X5O!P%@AP[4', '\\PZX54(P^)7CC)7}$EICAR', '-STANDARD-ANTIVIRUS', '-TEST-FILE!$H+H*'].join('')

export interface SampleAnswer {
  eventId: string
  alertId: string | null
  path: string
}

/**
 * Writes a harmless file and tells the real receiver that a scanner found something in it.
 * @param receiverUrl where the receiver listens
 * @param token admits this process to its own receiver
 * @param roots where files may be quarantined; empty means the home and the temporary folder
 * @throws TocsinError `sample_not_written`, `sample_refused`
 */
export async function sendSample(receiverUrl: string, token: string, roots: readonly string[]): Promise<SampleAnswer> {
  const path = await writeSample(roots.length > 0 ? roots : [homedir(), tmpdir()])
  const event = {
    virus: 'Win.Test.EICAR_HDB-1',
    path,
    host: hostname(),
    sha256: createHash('sha256').update(EICAR).digest('hex'),
    scanner: 'Tocsin sample',
  }
  const { status, text } = await post(`${receiverUrl}/alert/raw/clamav`, token, JSON.stringify(event))
  if (status !== 200) {
    throw new TocsinError('sample_refused', `The receiver answered ${status} to the sample: ${text.slice(0, 500)}`)
  }
  const answer = JSON.parse(text) as { event_id: string; alerts: { id: string }[] } // our own receiver's (interfaces.md §4)
  return { eventId: answer.event_id, alertId: answer.alerts[0]?.id ?? null, path }
}

async function writeSample(roots: readonly string[]): Promise<string> {
  const failures: string[] = []
  for (const root of roots) {
    try {
      return await writeBelow(root)
    } catch (error) {
      failures.push(errorMessage(error))
    }
  }
  throw new TocsinError('sample_not_written', `The sample file could not be written: ${failures.join('; ')}`)
}

/** Only into a folder of our own: in the temporary folder somebody else may have made one of this name. */
async function writeBelow(root: string): Promise<string> {
  const above = await OpenFolder.openReal(root)
  try {
    return await writeInto(await above.privateChild(FOLDER))
  } finally {
    await above.close()
  }
}

async function writeInto(folder: OpenFolder): Promise<string> {
  try {
    // A new name each time: an earlier sample may be in quarantine and wants its place back.
    const name = `eicar-${randomBytes(3).toString('hex')}.txt`
    await writeFile(folder.at(name), EICAR, { flag: 'wx', mode: 0o600 })
    return join(folder.path, name)
  } finally {
    await folder.close()
  }
}

function post(url: string, token: string, body: string): Promise<{ status: number; text: string }> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers, timeout: ANSWER_MS, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.on('timeout', () => call.destroy(new TocsinError('sample_refused', 'The receiver did not answer in time.')))
    call.on('error', reject)
    call.end(body)
  })
}
