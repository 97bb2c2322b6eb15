import { join } from 'node:path'
import { EngineClient } from '../bridge/engine-client.ts'
import { keepDeskPort, lastDeskPort } from '../bridge/desk-port.ts'
import { newLinkSecret, publishDesk } from '../bridge/desk-link.ts'
import { WebsocketHost } from '../bridge/websocket-host.ts'
import { TocsinError } from '../../shared/errors.ts'
import type { EngineConfig } from '../engine/ports/config.ts'
import { openLog, type OpenLog } from '../engine/log/log.ts'
import { processSecrets } from '../engine/secrets/env.ts'
import { openKeyFileCipher } from '../engine/secrets/key-file-cipher.ts'
import { Redactor } from '../engine/secrets/redact.ts'
import { Vault, type VaultCipher } from '../engine/secrets/vault.ts'
import { systemClock } from '../engine/ports/system-ports.ts'
import type { EngineStarted } from '../engine/threads/thread-protocol.ts'
import { deskCommand } from './desk-command.ts'
import { makeDataFolder, unusableFolder } from './engine-config.ts'
import { RENDERER_DIR } from './paths.ts'

/** How long an engine may take to close what it opened once the command has failed. */
export const FAILED_STOP_MS = 2_000

/** A config that has a folder: everything but `run`. */
export type FolderConfig = EngineConfig & { dataDir: string }

export interface EngineProcess {
  client: EngineClient
  started: EngineStarted
  log: OpenLog
  /** @param withinMs after a failure: no longer than this */
  stop(withinMs?: number): Promise<void>
}

/**
 * Starts the engine thread, with the vault that this host has.
 * @param keychain seals secrets where the host has one (Electron); a key file's stay readable beside it
 * @throws TocsinError why it could not start
 */
export async function startEngine(config: FolderConfig, keychain?: VaultCipher): Promise<EngineProcess> {
  makeDataFolder(config.dataDir)
  const redactor = new Redactor(processSecrets(config.env))
  const log = openLog(config.log, (line) => redactor.text(line))
  try {
    const client = new EngineClient({ config, secrets: openVault(config.dataDir, redactor, keychain), log })
    const started = await client.start()
    return {
      client,
      started,
      log,
      async stop(withinMs) {
        await client.stop(withinMs)
        log.close()
      },
    }
  } catch (error) {
    log.close()
    throw error
  }
}

function openVault(dataDir: string, redactor: Redactor, keychain: VaultCipher | undefined): Vault {
  const folder = join(dataDir, 'vault')
  try {
    const keyFile = openKeyFileCipher(join(folder, 'vault.key'))
    return new Vault({
      folder,
      ciphers: keychain ? [keychain, keyFile] : [keyFile],
      clock: systemClock,
      onReveal: (value) => redactor.add(value),
    })
  } catch (error) {
    throw error instanceof TocsinError ? error : unusableFolder(dataDir, error)
  }
}

export interface BrowserHost {
  /** A link that opens the desk once. */
  link: string
  stop(): Promise<void>
}

/**
 * Serves the desk for a browser, and leaves word of it for `tocsin desk` on the same folder.
 * @param port 0 takes the one of the last time, or, where that is taken, a free one
 * @throws TocsinError `desk_port_taken`, `desk_link_unwritable`
 */
export async function startBrowserHost(
  engine: EngineProcess,
  { dataDir, policyDir }: FolderConfig,
  port: number,
): Promise<BrowserHost> {
  const { client, log } = engine
  const linkSecret = newLinkSecret()
  const host = new WebsocketHost({
    rendererDir: RENDERER_DIR,
    target: (name, arg) => client.call(name, arg),
    onTopic: (listener) => client.onTopic(listener),
    log,
    linkSecret,
    command: deskCommand(dataDir, policyDir),
  })
  const lastPort = port === 0 ? lastDeskPort(dataDir) : null
  await (lastPort === null ? host.start(port) : host.start(lastPort).catch(() => host.start(0)))
  try {
    keepDeskPort(dataDir, Number(new URL(host.origin()).port))
    const unpublish = await publishDesk(dataDir, host.origin(), linkSecret)
    return {
      link: host.link(),
      async stop() {
        await host.stop()
        await unpublish()
      },
    }
  } catch (error) {
    await host.stop()
    throw error
  }
}

/** The one line that says where everything is (`interfaces.md` §2). */
export function readyLine(config: FolderConfig, receiver: string | null, desk: string | null): string {
  return `${JSON.stringify({ ready: true, receiver, desk, data: config.dataDir, policyDir: config.policyDir })}\n`
}
