import { AlertInputs } from '../chain/rounds/alert-inputs.ts'
import { ApprovalStore } from '../chain/records/approval-store.ts'
import { ChainReads } from '../chain/records/chain-reads.ts'
import { evaluateKeeping } from '../policy/kept-handles.ts'
import { PolicyPool } from '../policy/policy-pool.ts'
import { metaOf, toPoolVersion } from '../policy/version-loader.ts'
import type { Ids, Log } from '../ports/ports.ts'
import type { Handles } from '../secrets/handles.ts'
import { ReportStore } from '../report/records/report-store.ts'
import { ReportInputs } from '../report/report-inputs.ts'
import { AlertStore } from '../store/alert-store.ts'
import { openReader, type Database } from '../store/database.ts'
import { EventStore } from '../store/event-store.ts'
import { PolicyStore } from '../store/policy-store.ts'
import type { ReplayDeps } from './replay.ts'
import { ReplayStore } from './replay-store.ts'

/** What replaying a data folder's decisions takes; beside an engine that writes to it, too. */
export interface OpenReplay extends ReplayDeps {
  close(): Promise<void>
}

/**
 * Opens a database for replay; nothing in it is changed.
 * @param path of the database
 * @param parts.handles what stands for secrets in this data folder
 * @throws SqliteError when it cannot be opened
 */
export function openReplay(path: string, { handles, ids, log }: { handles: Handles; ids: Ids; log: Log }): OpenReplay {
  const db = openReader(path)
  const pool = new PolicyPool({ log })
  const events = new EventStore(db, ids)
  const facts = { events, alerts: new AlertStore(db, events, () => {}) }
  const reports = new ReportInputs(new ReportStore(db), facts, handles)
  const versions = new Map<string, ReturnType<ReplayDeps['policy']['version']>>()
  return {
    decisions: new ReplayStore(db),
    events,
    alerts: new AlertInputs(facts, handles, reports),
    reports,
    chains: new ChainReads(db),
    approvals: new ApprovalStore(db),
    policy: {
      version(id) {
        const loading = versions.get(id) ?? load(db, id, { pool, log })
        versions.set(id, loading)
        return loading
      },
      evaluate: (request) => evaluateKeeping(handles, request, (kept) => pool.evaluate(kept)),
    },
    async close() {
      await pool.close()
      db.close()
    },
  }
}

async function load(
  db: Database,
  id: string,
  { pool, log }: { pool: PolicyPool; log: Log },
): ReturnType<ReplayDeps['policy']['version']> {
  const stored = new PolicyStore(db).get(id)
  if (!stored) throw new Error(`Policy version ${id.slice(0, 12)} is not stored here`)
  pool.load({ ...(await toPoolVersion(stored, log)), form: stored.form })
  const { entrypoints, generation, references } = metaOf(stored)
  const { readsRaw } = references
  return { id, number: stored.number, form: stored.form, entrypoints, generation, readsRaw }
}
