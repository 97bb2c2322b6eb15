import type { EngineStarted } from '../engine/thread-protocol.ts'
import type { FolderConfig } from './engine-process.ts'
import { readyLine, startBrowserHost, startEngine } from './engine-process.ts'
import { engineConfig, loopbackAddress } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import { noPolicy } from './no-policy.ts'
import type { Given } from './options.ts'
import { stopSignal } from './stop-signal.ts'

const LOOK = 'Until then nothing runs, whatever --mode says: "serve --desk" or "desk" on this data folder shows it.'

/** `tocsin serve`: engine and receiver without a window. @returns the exit status */
export async function serve(given: Given, io: CommandIo): Promise<number> {
  const config = engineConfig({ command: 'serve', given, env: io.env, cwd: io.cwd }) as FolderConfig // has a folder
  const deskPort = deskPortOf(given)
  const signal = stopSignal()
  const engine = await startEngine(config)
  const { receiver } = engine.started
  const obstacle = obstacleOf(engine.started, config.policyDir)
  if (obstacle !== null) {
    await engine.stop()
    io.err(`${obstacle}\n`)
    return EXIT_FAILED
  }
  if (engine.started.doubt !== null) io.err(`${engine.started.doubt}\n${LOOK}\n`)
  try {
    const host = deskPort === null ? null : await startBrowserHost(engine, config.dataDir, deskPort)
    io.out(readyLine(config, receiver.url, host?.link ?? null))
    const end = await Promise.race([signal.received, engine.client.whenGone().then(() => null)])
    await host?.stop()
    if (end !== null) return EXIT_DONE
    io.err('The engine ended again and again; the log says why.\n')
    return EXIT_FAILED
  } finally {
    await engine.stop()
  }
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
