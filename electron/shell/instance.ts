import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { app } from 'electron'

/**
 * Makes this process the only app on a data folder, without touching that folder: the lock is Chromium's, in a profile of
 * the folder's own. (The store has a lock of its own, against other programs and the command line.)
 * @param dataDir absolute
 * @param onSecond called when another start found this one running. What that start was told is not looked at: the
 *   arguments come from another program.
 * @returns false when another process has the folder; it has been told, and this one should end
 */
export function holdInstance(dataDir: string, onSecond: () => void): boolean {
  const profile = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  app.setPath('userData', join(app.getPath('appData'), 'Tocsin window', profile))
  if (!app.requestSingleInstanceLock()) return false
  app.on('second-instance', onSecond)
  return true
}
