import { _electron, expect, test as base, type ElectronApplication, type Page } from '@playwright/test'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'

const ROOT = resolve(import.meta.dirname, '../..')
const START_MS = 30_000

/** The line that a desk prints when its receiver listens (`interfaces.md` §2). */
export interface Ready {
  /** Null when it could not listen: the port is taken. */
  receiver: string | null
  desk: string | null
  data: string
  policyDir: string
}

export interface DeskOptions {
  /** An existing data folder: a restart. Without it a fresh one, removed at the end. */
  dataDir?: string
  /** Further variables; options of `tocsin desk` are `TOCSIN_*`. */
  env?: Record<string, string>
}

/** A running desk and a page that shows it. */
export interface Desk {
  page: Page
  ready: Ready
  dataDir: string
  /** Ends it as a user would, or, with SIGKILL, as a power cut would. @returns the exit status, null after a kill */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
  /** Only in Electron. */
  app: ElectronApplication | null
}

interface Fixtures {
  /** Skips what cannot run here, before anything is started for it. */
  hostCheck: undefined
  openDesk: (options?: DeskOptions) => Promise<Desk>
  /** One desk on a fresh folder. */
  desk: Desk
}

/**
 * For end-to-end specs of the desk. Which host shows it is the project's matter (`host` in playwright.config.ts): a spec in
 * `*.desk.spec.ts` runs in Chromium and in Electron.
 */
export const test = base.extend<Fixtures, { host: 'browser' | 'electron' }>({
  host: ['browser', { option: true, scope: 'worker' }],
  hostCheck: [
    async ({ host }, provide, info) => {
      const reason = process.env['TOCSIN_NO_ELECTRON']
      info.skip(host === 'electron' && reason !== undefined, reason)
      await provide(undefined)
    },
    { auto: true },
  ],
  openDesk: async ({ host, page }, provide) => {
    const desks: Desk[] = []
    const folders: string[] = []
    await provide(async (options = {}) => {
      const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'tocsin-e2e-')))
      if (options.dataDir === undefined) folders.push(dataDir)
      const env = environment(dataDir, options.env)
      const desk = host === 'electron' ? await openElectron(dataDir, env) : await openBrowserHost(page, dataDir, env)
      desks.push(desk)
      return desk
    })
    await Promise.all(desks.map((desk) => desk.stop('SIGKILL')))
    for (const folder of folders) await prove(folder)
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
  },
  desk: async ({ openDesk }, provide) => {
    await provide(await openDesk())
  },
})

export { expect }

/** What a spec leaves must be provable. @throws Error with what the command says */
async function prove(dataDir: string): Promise<void> {
  for (const words of [['audit', 'verify'], ['replay']]) {
    await promisify(execFile)(process.execPath, [join(ROOT, 'bin', 'tocsin.js'), ...words, '--data', dataDir])
  }
}

function environment(dataDir: string, extra: Record<string, string> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TOCSIN|ALERTCHAIN)_|^ELECTRON_RUN_AS_NODE$/.test(name),
  )
  return {
    ...Object.fromEntries(inherited.filter((entry): entry is [string, string] => entry[1] !== undefined)),
    TOCSIN_DATA: dataDir,
    TOCSIN_ADDR: '127.0.0.1:0',
    TOCSIN_OPEN: 'false',
    ...extra,
  }
}

async function openBrowserHost(page: Page, dataDir: string, env: Record<string, string>): Promise<Desk> {
  const args = [join(ROOT, 'bin', 'tocsin.js'), 'desk', '--host', 'browser']
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ready = await readyLine(child, child.stdout, child.stderr)
  await page.goto(ready.desk ?? '')
  return { page, ready, dataDir, app: null, stop: (signal = 'SIGTERM') => stop(child, signal) }
}

async function openElectron(dataDir: string, env: Record<string, string>): Promise<Desk> {
  const executablePath = process.env['TOCSIN_ELECTRON']
  if (executablePath === undefined) throw new Error('Run Electron specs by "npm test -- --only electron".')
  // Chromium's sandbox refuses to start as root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox', ROOT] : [ROOT]
  const app = await _electron.launch({ executablePath, args, env })
  const child = app.process()
  if (child.stdout === null || child.stderr === null) throw new Error('Electron was started without its output')
  const [ready, page] = await Promise.all([readyLine(child, child.stdout, child.stderr), app.firstWindow()])
  return { page, ready, dataDir, app, stop: (signal = 'SIGTERM') => stop(child, signal) }
}

/** @throws Error with what the desk said instead */
function readyLine(child: ChildProcess, stdout: Readable, stderr: Readable): Promise<Ready> {
  let errors = ''
  stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)))
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`The desk is not ready after ${START_MS} ms:\n${errors}`)), START_MS)
    createInterface({ input: stdout }).on('line', (line) => {
      if (!line.startsWith('{"ready":true')) return
      clearTimeout(timer)
      done(JSON.parse(line) as Ready) // its form is a promise of interfaces.md
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(new Error(`The desk ended with ${code} before it was ready:\n${errors}`))
    })
  })
}

function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((done) => {
    child.once('exit', (code) => done(code))
    child.kill(signal)
  })
}
