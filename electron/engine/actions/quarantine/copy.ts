import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { TocsinError } from '../../../../shared/errors.ts'
import { chunksOf, hashFile, PRIVATE_MODE } from './file-facts.ts'

/** Makes a new file, never an existing one, 0600. @throws what the file system throws */
export function createFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, PRIVATE_MODE)
}

/**
 * Copies and flushes a file whose bytes are counted into the expected hash, and read once more from the copy.
 * @throws TocsinError `file_changing` when the copied bytes are not those of the hash
 */
export async function copyInto(copy: FileHandle, source: FileHandle, sha256: string, check: () => void): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(source, check)) {
    hash.update(chunk)
    await copy.writeFile(chunk)
  }
  await copy.sync()
  if (hash.digest('hex') !== sha256 || (await hashFile(copy, check)) !== sha256) {
    throw new TocsinError('file_changing', 'The file changed while it was copied: nothing was moved.')
  }
}
