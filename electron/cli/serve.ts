import type { EngineStarted } from '../engine/threads/thread-protocol.ts'
import type { EngineProcess, FolderConfig } from './engine-process.ts'
import { FAILED_STOP_MS, readyLine, startBrowserHost, startEngine } from './engine-process.ts'
import { engineConfig, loopbackAddress } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import { noPolicy } from './no-policy.ts'
import type { Given } from './options.ts'
import { startOrStop, stopSignal, type StopSignal } from './stop-signal.ts'

const LOOK = 'Until then nothing runs, whatever --mode says: "serve --desk" or "desk" on this data folder shows it.'

/** `tocsin serve`: engine and receiver without a window. @returns the exit status */
export async function serve(given: Given, io: CommandIo): Promise<number> {
  const config = engineConfig({ command: 'serve', given, env: io.env, cwd: io.cwd }) as FolderConfig // has a folder
  const deskPort = deskPortOf(given)
  const signal = stopSignal()
  try {
    const engine = await startOrStop(startEngine(config), signal)
    try {
      return await serveEngine(engine, config, { deskPort, signal, io })
    } catch (error) {
      await engine.stop(FAILED_STOP_MS)
      throw error
    }
  } finally {
    // Whatever is left to be done: a signal ends it.
    signal.ignore()
  }
}

interface Serving {
  /** null: without a desk */
  deskPort: number | null
  signal: StopSignal
  io: CommandIo
}

async function serveEngine(
  engine: EngineProcess,
  config: FolderConfig,
  { deskPort, signal, io }: Serving,
): Promise<number> {
  const { receiver, doubt } = engine.started
  const obstacle = obstacleOf(engine.started, config.policyDir)
  if (obstacle !== null) {
    await engine.stop(FAILED_STOP_MS)
    io.err(`${obstacle}\n`)
    return EXIT_FAILED
  }
  if (doubt !== null) io.err(`${doubt}\n${LOOK}\n`)
  const host = deskPort === null ? null : await startBrowserHost(engine, config, deskPort)
  io.out(readyLine(config, receiver.url, host?.link ?? null))
  const end = await Promise.race([signal.received, engine.client.whenGone().then(() => null)])
  await host?.stop()
  await engine.stop()
  if (end !== null) return EXIT_DONE
  io.err('The engine ended again and again; the log says why.\n')
  return EXIT_FAILED
}

/** Why there is nothing to serve: nobody looks at a screen that could show it. */
function obstacleOf(
  { failure, isPolicyLive, policyProblem, receiver }: EngineStarted,
  policyDir: string,
): string | null {
  if (failure !== null) return failure.message
  if (!isPolicyLive) return noPolicy(policyDir, policyProblem ?? [])
  return receiver.state === 'listening' ? null : receiver.message
}

/** `--desk` takes any free port, `--desk 127.0.0.1:9000` that one. @returns null without `--desk` */
function deskPortOf(given: Given): number | null {
  const { desk } = given
  if (desk === undefined || desk === false || desk === 'false') return null
  if (desk === true || desk === 'true') return 0
  return Number(loopbackAddress(desk, '--desk').split(':')[1])
}
