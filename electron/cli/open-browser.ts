import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeRedirect } from '../bridge/desk-link.ts'

/** The browser has read the page by then, or never will. */
const REDIRECT_KEPT_MS = 60_000

/**
 * Opens a link in the user's browser by way of a private file, so that its token is in no process list.
 * @param folder where the file may lie for a minute: the data folder
 * @returns whether there was something to open it with; takes no longer than that takes to see
 */
export async function openBrowser(link: string, folder: string): Promise<boolean> {
  const path = await writeRedirect(folder, link)
  const remove = (): void => rmSync(dirname(path), { recursive: true, force: true })
  setTimeout(remove, REDIRECT_KEPT_MS).unref()
  process.once('exit', remove)
  const [command, args] = opener(process.platform, path)
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.unref()
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(true))
    child.once('error', () => resolve(false))
  })
}

function opener(platform: NodeJS.Platform, path: string): [string, string[]] {
  if (platform === 'darwin') return ['open', [path]]
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', path]]
  return ['xdg-open', [path]]
}
