import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallName } from '../../../shared/contract.ts'
import { errorCode, type TocsinError } from '../../../shared/errors.ts'
import type { EngineConfig } from '../ports/config.ts'
import type { Clock, SecretPort } from '../ports/ports.ts'
import { Handles } from '../secrets/handles.ts'
import { listBackups } from '../store/backup.ts'
import { makePrivateFile, makePrivateFolder } from '../files/private-file.ts'
import { dataPaths, type DataPaths } from '../store/data-folder.ts'
import { exportStore } from '../store/export.ts'
import { NO_RECEIVER, type Handlers } from './context.ts'

/** Folder of exports in the data folder. */
export const EXPORTS = 'exports'

export interface RecoveryContext {
  config: EngineConfig
  secrets: SecretPort
  /** Why the database is not opened: `store_corrupt` or `store_future`. */
  failure: TocsinError
  clock: Clock
  restore: (backup: string) => Promise<void>
}

/** What is answered while the database is not touched: what is wrong, a copy of it, a backup in its place. */
export function recoveryHandlers({
  config,
  secrets,
  failure,
  clock,
  restore,
}: RecoveryContext): Partial<Handlers<CallName>> {
  const paths = dataPaths(config.dataDir ?? '')
  const state = failure.code === 'store_future' ? 'future' : 'corrupt'
  return {
    'desk.state': async () => ({
      version: config.version,
      host: config.host,
      dataDir: paths.folder,
      policyDir: config.policyDir,
      receiver: { ...NO_RECEIVER, message: 'Nothing is received while the database cannot be used.' },
      mode: 'off',
      heldChains: 0,
      policy: null,
      policyProblem: null,
      counts: { waiting: 0, unknown: 0, open: 0, problems: 0, containments: 0 },
      lastEventAt: null,
      store: { state, message: failure.message, bytes: 0, backups: listBackups(paths.backups) },
      doubt: null,
      vault: await secrets.backend(),
      engine: 'running',
      isFirstRun: false,
    }),
    'store.export': async () => ({
      path: await exportReadable(paths, clock.now(), new Handles(await secrets.handleKey())),
    }),
    'store.restore': async ({ backup }) => {
      await restore(backup)
      return {}
    },
  }
}

/** What can be read of the damaged file; where nothing can, the file itself, byte for byte. @returns the export's path */
async function exportReadable(paths: DataPaths, at: number, handles: Handles): Promise<string> {
  const folder = join(paths.folder, EXPORTS)
  try {
    return (await exportStore(paths.database, folder, at, handles)).path
  } catch (error) {
    if (errorCode(error) === 'export_failed') throw error
    const copy = join(folder, `tocsin-damaged-${at}.db`)
    makePrivateFolder(folder)
    makePrivateFile(copy)
    copyFileSync(paths.database, copy)
    return copy
  }
}
