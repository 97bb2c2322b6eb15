import { existsSync } from 'node:fs'
import { dataPaths } from '../../electron/engine/store/data-folder.ts'
import { openReader } from '../../electron/engine/store/database.ts'

/** How many alerts (at most) a data folder's search index does not have yet, read from outside the process that writes. */
export function searchLag(dataDir: string): number {
  const { database, search } = dataPaths(dataDir)
  const newest = numberIn(database, 'SELECT coalesce(max(seq), 0) FROM alert')
  return newest - (existsSync(search) ? numberIn(search, 'SELECT coalesce(max(alert_seq), 0) FROM mark') : 0)
}

function numberIn(path: string, sql: string): number {
  const db = openReader(path)
  try {
    return Number(db.prepare(sql).pluck().get())
  } finally {
    db.close()
  }
}
