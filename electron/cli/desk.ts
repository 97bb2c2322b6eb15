import { errorCode } from '../../shared/errors.ts'
import { askForLink } from '../bridge/desk-link.ts'
import { findElectron, runElectron } from './electron-host.ts'
import { engineConfig } from './engine-config.ts'
import { readyLine, startBrowserHost, startEngine, type FolderConfig } from './engine-process.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import { openBrowser } from './open-browser.ts'
import { asEnvironment, type Given } from './options.ts'
import { stopSignal } from './stop-signal.ts'

/** `tocsin desk`: the app in Electron, or in a browser where Electron cannot be had. @returns the exit status */
export async function desk(given: Given, io: CommandIo): Promise<number> {
  const wanted = given.host ?? 'auto'
  if (wanted !== 'browser') {
    const electron = findElectron(io.env)
    if ('binary' in electron) return runElectron(electron.binary, asEnvironment(given), io.env)
    if (wanted === 'electron') {
      io.err(`The desk cannot open in Electron: ${electron.reason}. "--host browser" opens it in a browser.\n`)
      return EXIT_FAILED
    }
    io.err(`The desk opens in the browser: ${electron.reason}.\n`)
  }
  return deskInBrowser(given, io)
}

async function deskInBrowser(given: Given, io: CommandIo): Promise<number> {
  const config = engineConfig({
    command: 'desk',
    given: { ...given, host: 'browser' },
    env: io.env,
    cwd: io.cwd,
  }) as FolderConfig // every desk has a folder
  const signal = stopSignal()
  let engine
  try {
    engine = await startEngine(config)
  } catch (error) {
    if (errorCode(error) !== 'store_locked') throw error
    const link = await askForLink(config.dataDir)
    if (link === null) throw error
    signal.ignore()
    return showRunning(config, link, given, io)
  }
  const { receiver, failure } = engine.started
  if (failure !== null) io.err(`${failure.message}\n`)
  else if (receiver.state !== 'listening') io.err(`${receiver.message}. The desk shows the choices.\n`)
  try {
    const host = await startBrowserHost(engine, config.dataDir, 0)
    io.out(readyLine(config, receiver.url, host.link))
    await show(host.link, config.dataDir, given, io)
    await signal.received
    await host.stop()
  } finally {
    await engine.stop()
  }
  return EXIT_DONE
}

/** A desk runs on this folder already: a fresh link to it. */
async function showRunning(config: FolderConfig, link: string, given: Given, io: CommandIo): Promise<number> {
  io.err('Tocsin already runs on this data folder; this is a fresh link to its desk.\n')
  io.out(readyLine(config, null, link))
  await show(link, config.dataDir, given, io)
  return EXIT_DONE
}

async function show(link: string, dataDir: string, given: Given, io: CommandIo): Promise<void> {
  io.err(`The desk: ${link}\n`)
  if (given.open === false) return
  if (!(await openBrowser(link, dataDir))) io.err('No browser could be started: open the link above in one.\n')
}
