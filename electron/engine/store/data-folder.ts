import { join } from 'node:path'

/** Where the store's own files lie in a data folder (`interfaces.md` §3). */
export interface DataPaths {
  folder: string
  database: string
  /** Made again from the database when it is missing or damaged; in no backup. */
  search: string
  lock: string
  /** Exists while the database is open: found at start-up, it says that the last run did not end cleanly. */
  running: string
  backups: string
  /** What a restore replaced; nothing is ever deleted from here. */
  damaged: string
  auditKey: string
  /** Beside the database: what its last record was. */
  auditHead: string
  revokedTokens: string
}

/** The store's paths in a data folder; touches nothing. */
export function dataPaths(folder: string): DataPaths {
  return {
    folder,
    database: join(folder, 'tocsin.db'),
    search: join(folder, 'search.db'),
    lock: join(folder, 'lock.db'),
    running: join(folder, 'running'),
    backups: join(folder, 'backups'),
    damaged: join(folder, 'damaged'),
    auditHead: join(folder, 'audit-head'),
    auditKey: join(folder, 'vault', 'audit-key'),
    revokedTokens: join(folder, 'vault', 'revoked-tokens'),
  }
}
