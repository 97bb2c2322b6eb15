import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DESK } from '../../electron/engine/desk-parts.ts'
import { Engine } from '../../electron/engine/engine.ts'
import type { EngineConfig } from '../../electron/engine/ports/config.ts'
import { openKeyFileCipher } from '../../electron/engine/secrets/key-file-cipher.ts'
import { Vault } from '../../electron/engine/secrets/vault.ts'
import { systemClock } from '../../electron/engine/ports/system-ports.ts'
import type { Clock } from '../../electron/engine/ports/ports.ts'
import type { EngineStarted } from '../../electron/engine/threads/thread-protocol.ts'
import { TEST_MACHINE } from './machine.ts'
import { unproven } from './proven.ts'
import { contract, type Answer, type CallArg, type CallName, type CallResult } from '../../shared/contract.ts'

export const STARTER = fileURLToPath(new URL('../../policies', import.meta.url))

/** A real engine in this process, on a folder of its own. */
export interface EngineWorld {
  engine: Engine
  started: EngineStarted
  folder: string
  dataDir: string
  /** A folder whose files may be quarantined. */
  home: string
  topics: [string, unknown][]
  /** A call as the router passes it on: argument and result go through the contract's schemas. */
  call<Name extends CallName>(name: Name, arg: CallArg<Name>): Promise<Answer<CallResult<Name>>>
  /** As `call`, for one that must succeed. */
  ask<Name extends CallName>(name: Name, arg: CallArg<Name>): Promise<CallResult<Name>>
  /** Resolves when every chain waits or has ended. */
  idle(): Promise<void>
  restart(): Promise<void>
  /** What the folder holds must be provable then, unless the test has changed it behind the engine's back. */
  close(options?: { isTampered?: boolean }): Promise<void>
}

/**
 * @param more changes to the configuration, once the folder is known
 * @param clock of the engine; the vault keeps the machine's
 */
export async function openEngineWorld(
  more: (folder: string) => Partial<EngineConfig> = () => ({}),
  clock: Clock = systemClock,
): Promise<EngineWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-engine-'))
  const dataDir = join(folder, 'data')
  const config: EngineConfig = {
    version: '0.0.0',
    command: 'serve',
    host: 'browser',
    dataDir,
    policyDir: join(dataDir, 'workspace'),
    appDir: fileURLToPath(new URL('../..', import.meta.url)),
    cacheDir: null,
    starterDir: STARTER,
    address: '127.0.0.1:0',
    hasReceiver: true,
    mode: null,
    defaultMode: 'ask',
    allowHosts: [],
    graphql: null,
    isPrintEnabled: false,
    log: { level: 'warn', format: 'json', output: join(folder, 'log') },
    env: {},
    ...more(folder),
  }
  const vaultFolder = join(dataDir, 'vault')
  const open = (): Engine =>
    new Engine(config, {
      desk: DESK,
      clock,
      machine: () => TEST_MACHINE,
      secrets: new Vault({
        folder: vaultFolder,
        ciphers: [openKeyFileCipher(join(vaultFolder, 'vault.key'))],
        clock: systemClock,
      }),
    })
  const home = join(folder, 'home')
  cpSync(join(STARTER, 'alert/testdata'), home, { recursive: true })
  const topics: [string, unknown][] = []
  let engine = open()
  const listen = (): unknown => engine.onTopic((topic, payload) => topics.push([topic, payload]))
  listen()
  const world: EngineWorld = {
    engine,
    started: await engine.start(),
    folder,
    dataDir,
    home,
    topics,
    async call(name, arg) {
      const answer = await engine.call(name, contract[name].arg.parse(arg))
      // Parsed by this very call's schema.
      return (answer.ok ? { ok: true, value: contract[name].result.parse(answer.value) } : answer) as Answer<
        CallResult<typeof name>
      >
    },
    async ask(name, arg) {
      const answer = await world.call(name, arg)
      if (!answer.ok) throw new Error(`${name}: ${answer.error.code}: ${answer.error.message}`)
      return answer.value
    },
    idle: () => engine.services().chains.whenIdle(),
    async restart() {
      await engine.stop()
      engine = open()
      listen()
      world.engine = engine
      world.started = await engine.start()
    },
    async close({ isTampered = false } = {}) {
      await engine.stop()
      const findings = isTampered || config.dataDir === null ? [] : await unproven(dataDir)
      rmSync(folder, { recursive: true, force: true })
      if (findings.length > 0) throw new Error(`Not provable: ${findings.join('; ')}`)
    },
  }
  return world
}
