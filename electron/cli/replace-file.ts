import { randomBytes } from 'node:crypto'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'

/**
 * Replaces the text of a file that is there, as a whole: whoever looks, also after a crash, sees the old text or the new
 * one. Its mode stays, and so does a symbolic link to it.
 * @throws what the file system throws; the file is as it was then
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path)
  const { mode } = await stat(target)
  // Not `.rego`: the workspace's watcher must not take it for a policy.
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.chmod(mode) // whatever the umask says
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
