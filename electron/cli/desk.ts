import { errorCode } from '../../shared/errors.ts'
import { askForLink } from '../bridge/desk-link.ts'
import { findElectron, runElectron } from './electron-host.ts'
import { engineConfig } from './engine-config.ts'
import {
  FAILED_STOP_MS,
  readyLine,
  startBrowserHost,
  startEngine,
  type EngineProcess,
  type FolderConfig,
} from './engine-process.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import { openBrowser } from './open-browser.ts'
import { asEnvironment, type Given } from './options.ts'
import { startOrStop, stopSignal, type StopSignal } from './stop-signal.ts'

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
  try {
    const engine = await startOrStop(startEngine(config), signal)
    try {
      return await showEngine(engine, config, given, { io, signal })
    } catch (error) {
      await engine.stop(FAILED_STOP_MS)
      throw error
    }
  } catch (error) {
    if (errorCode(error) !== 'store_locked') throw error
    const link = await askForLink(config.dataDir)
    if (link === null) throw error
    return await showRunning(config, link, given, io)
  } finally {
    // Whatever is left to be done: a signal ends it.
    signal.ignore()
  }
}

async function showEngine(
  engine: EngineProcess,
  config: FolderConfig,
  given: Given,
  { io, signal }: { io: CommandIo; signal: StopSignal },
): Promise<number> {
  const { receiver, failure } = engine.started
  if (failure !== null) io.err(`${failure.message}\n`)
  else if (receiver.state !== 'listening') io.err(`${receiver.message}. The desk shows the choices.\n`)
  const host = await startBrowserHost(engine, config, 0)
  try {
    io.out(readyLine(config, receiver.url, host.link))
    await show(host.link, config.dataDir, given, io)
    await signal.received
  } finally {
    await host.stop()
  }
  await engine.stop()
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
  // A full disk takes no file that leads the browser here; the link above does.
  const isOpen = await openBrowser(link, dataDir).catch(() => false)
  if (!isOpen) io.err('No browser could be started: open the link above in one.\n')
}
