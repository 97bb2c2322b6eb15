import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openReader } from '../../electron/engine/store/database.ts'
import { searchLag } from '../fakes/search-lag.ts'

/** What is stored and not worked off. */
export interface Backlog {
  /** Alerts that the search index does not have yet. */
  index: number
  /** Chains that are queued, running or waiting. */
  chains: number
  /** Alerts that are in no report yet. */
  reports: number
}

const OPEN_CHAINS = `SELECT count(*) AS chains FROM chain WHERE state IN ('queued', 'running', 'waiting')`

const NOT_GATHERED = `SELECT (SELECT coalesce(max(seq), 0) FROM alert) - alert_seq AS reports FROM report_mark`

/** How often it is looked whether all is done, and for how long. */
const LOOK_MS = 100
const PATIENCE_MS = 300_000

/** Reads from outside the process that writes. */
export function backlogOf(dataDir: string): Backlog {
  const { chains = 0 } = numbers(dataDir, OPEN_CHAINS)
  const { reports = 0 } = numbers(dataDir, NOT_GATHERED)
  return { index: searchLag(dataDir), chains, reports }
}

/** @returns the first row of a query that asks for numbers only */
export function numbers(dataDir: string, sql: string): Record<string, number> {
  const db = openReader(join(dataDir, 'tocsin.db'))
  try {
    return db.prepare(sql).get() as Record<string, number> // as the caller asks
  } finally {
    db.close()
  }
}

/**
 * Waits until index, chains and reports have followed, so that what is measured next shares the machine with nothing.
 * @throws Error after five minutes
 */
export async function settled(dataDir: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  for (let left = backlogOf(dataDir); left.index + left.chains + left.reports > 0; left = backlogOf(dataDir)) {
    if (performance.now() > end)
      throw new Error(
        `${left.chains} chains, ${left.index} alerts of the index and ${left.reports} of reports were left behind`,
      )
    await sleep(LOOK_MS)
  }
}
