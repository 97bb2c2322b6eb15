import { closeSync, fsyncSync, openSync, readFileSync, realpathSync, writeSync } from 'node:fs'
import { basename, dirname, extname, isAbsolute, join, relative } from 'node:path'
import { z } from 'zod'
import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { AuditHead } from './audit-log.ts'

/** The end of the trail as it was at some time: what the file says that an analyst keeps elsewhere. */
const exportedHead = z.object({
  what: z.literal('tocsin audit head'),
  seq: z.number().int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of the hash, by the key below: Ed25519, base64; '' while the trail is empty. */
  signature: z.string(),
  publicKey: z.string(),
  at: z.iso.datetime(),
})
export type ExportedHead = z.infer<typeof exportedHead>

/** Of a file that says that little. */
const MAX_BYTES = 10_000

/**
 * Writes a head where the analyst wants it; never over a file that is there. On the disk when it returns.
 * @param path absolute, ending in `.json`, in a folder that exists and is not the data folder
 * @returns where it stands, with links of the folder followed
 * @throws TocsinError `invalid_path`, `inside_data`, `file_exists`, `not_written`
 */
export function writeExportedHead(path: string, head: ExportedHead, dataFolder: string): string {
  if (!isAbsolute(path) || extname(path).toLowerCase() !== '.json')
    throw new TocsinError('invalid_path', 'Give the whole path of a file that ends in .json')
  const place = join(realFolder(dirname(path)), basename(path))
  if (isInside(realpathSync(dataFolder), place))
    throw new TocsinError(
      'inside_data',
      'This is in the data folder: who changes the one can change the other. Choose a place elsewhere',
    )
  writeNew(place, `${JSON.stringify(head, null, 2)}\n`)
  return place
}

/**
 * Reads a head that was exported.
 * @throws TocsinError `head_unreadable`
 */
export function readExportedHead(path: string): AuditHead {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length > MAX_BYTES) throw new Error('it is too long')
    const { seq, hash } = exportedHead.parse(JSON.parse(text))
    return { seq, hash }
  } catch (error) {
    const why = error instanceof z.ZodError ? 'it is no head that Tocsin exported' : errorMessage(error)
    throw new TocsinError('head_unreadable', `${path} cannot be compared with: ${why}`, { cause: error })
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch (error) {
    throw notWritten(error)
  }
}

function isInside(folder: string, place: string): boolean {
  const way = relative(folder, place)
  return way !== '' && !way.startsWith('..') && !isAbsolute(way)
}

function writeNew(path: string, text: string): void {
  let file: number | null = null
  try {
    file = openSync(path, 'wx', 0o600)
    writeSync(file, text)
    fsyncSync(file)
  } catch (error) {
    if (errorCode(error) === 'EEXIST')
      throw new TocsinError('file_exists', 'There is a file of this name: choose another one', { cause: error })
    throw notWritten(error)
  } finally {
    if (file !== null) closeSync(file)
  }
}

function notWritten(error: unknown): TocsinError {
  const why = errorCode(error) === 'ENOENT' ? 'there is no such folder' : errorMessage(error)
  return new TocsinError('not_written', `The head was not written: ${why}`, { cause: error })
}
