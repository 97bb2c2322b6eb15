import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run, say } from './run.mjs'

const ON_PATH = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const PLACES = {
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LOCALAPPDATA]
    .filter(Boolean)
    .flatMap((folder) => [
      join(folder, 'Chromium', 'Application', 'chrome.exe'),
      join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]),
}

const HOW_TO_GET =
  'The browser specs need Chromium or Chrome: install one ("sudo apt-get install chromium", "brew install chromium", ' +
  'https://www.google.com/chrome), or set CHROMIUM to the path of an executable.'

/**
 * The browser for the end-to-end specs: `CHROMIUM`, else one found on the machine, else installed by apt-get as root.
 * @returns `{path}` or `{reason}`, a sentence that says what to install
 */
export async function findChromium() {
  const given = process.env.CHROMIUM
  if (given) return existsSync(given) ? { path: given } : { reason: `CHROMIUM is ${given}, which does not exist.` }
  const path = installed()
  if (path !== undefined) return { path }
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) return { reason: HOW_TO_GET }
  const problem = await aptInstall()
  const fresh = installed()
  return fresh === undefined ? { reason: `${HOW_TO_GET} (apt-get: ${problem})` } : { path: fresh }
}

function installed() {
  return ON_PATH.map(onPath).find(Boolean) ?? (PLACES[process.platform] ?? []).find((path) => existsSync(path))
}

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

async function aptInstall() {
  say('Installing Chromium with apt-get')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const install = () =>
    run('apt-get install chromium', 'apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env })
  let result = await install()
  if (!result.ok) {
    // A fresh image has no package lists yet.
    await run('apt-get update', 'apt-get', ['update'], { env })
    result = await install()
  }
  return result.ok ? 'installed' : (result.output.trim().split('\n').at(-1) ?? '')
}
