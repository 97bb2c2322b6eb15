import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import { errorMessage, TocsinError } from '../../shared/errors.ts'

/** Beside the database: where the running desk is and what to show it. Its mode, 0600, is the permission. */
const FILE = 'desk-link.json'

/** The desk is on this machine and idle, or it is not there. */
const ANSWER_MS = 3_000

const entry = z.object({ origin: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/), secret: z.string() })
const linkAnswer = z.object({ url: z.string() })

/** @returns a secret that only who can read the data folder will know */
export function newLinkSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * Leaves word of a running browser host.
 * @returns removes it
 * @throws TocsinError `desk_link_unwritable`
 */
export async function publishDesk(dataDir: string, origin: string, secret: string): Promise<() => Promise<void>> {
  const path = join(dataDir, FILE)
  try {
    // A new file, so that its mode is ours whatever lay there before.
    await rm(path, { force: true })
    await writeFile(path, JSON.stringify({ origin, secret }), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const message = `The desk cannot be opened: ${path} cannot be written (${errorMessage(error)}). Remove what lies there, or free some space.`
    throw new TocsinError('desk_link_unwritable', message, { cause: error })
  }
  return () => rm(path, { force: true })
}

/** @returns a fresh link from the desk that runs on this folder, or null when none answers */
export async function askForLink(dataDir: string): Promise<string | null> {
  try {
    const { origin, secret } = entry.parse(JSON.parse(await readFile(join(dataDir, FILE), 'utf8')))
    return linkAnswer.parse(JSON.parse(await post(`${origin}/link`, secret))).url
  } catch {
    return null
  }
}

function post(url: string, secret: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}`, 'content-length': '0' }
    const call = request(url, { method: 'POST', headers, timeout: ANSWER_MS, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve(text))
    })
    call.on('timeout', () => call.destroy(new Error('no answer')))
    call.on('error', reject)
    call.end()
  })
}

/**
 * Writes a page that leads to the link. A browser is then started with the page's path, so that the link's token is in
 * no process list.
 * @returns the file's path; the folder is the caller's to remove
 */
export async function writeRedirect(folder: string, link: string): Promise<string> {
  const path = join(await mkdtemp(join(folder, 'tocsin-open-')), 'open.html')
  // The link is our own address with a base64url token: nothing in it needs escaping.
  const html = `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Tocsin</title><meta http-equiv="refresh" content="0;url=${link}">`
  await writeFile(path, html, { mode: 0o600, flag: 'wx' })
  return path
}
