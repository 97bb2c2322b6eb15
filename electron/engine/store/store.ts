import { assertNever } from '../../../shared/assert-never.ts'
import { createAudit, type Audit } from '../audit/audit.ts'
import { AuditHeadFile } from '../audit/audit-head-file.ts'
import { AuditLog, NoAuditLog, readSignedHead } from '../audit/audit-log.ts'
import { type AuditKey, openAuditKey } from '../audit/audit-key.ts'
import type { Clock, Ids, Log } from '../ports/ports.ts'
import { AlertStore } from './alert-store.ts'
import { makePrivateFolder } from '../files/private-file.ts'
import type { DataPaths } from './data-folder.ts'
import { DamageWatch } from './damage-watch.ts'
import type { Database } from './database.ts'
import { DecisionStore } from './decision-store.ts'
import { EventStore } from './event-store.ts'
import { openDatabase, type OpenedDatabase } from './open.ts'
import { Generations } from './generation.ts'
import { PersistentAttributeStore } from './persistent-attribute-store.ts'
import { PolicyStore } from './policy-store.ts'
import { ProblemStore } from './problem-store.ts'
import { inlineReader, ThreadReader, type Reader } from './reader.ts'
import { Retention } from './retention.ts'
import { RevokedTokens } from './revoked-tokens.ts'
import { RuleStore } from './rule-store.ts'
import { SearchIndex } from './search/search-index.ts'
import { SettingStore } from './setting-store.ts'
import { SourceStore } from './source-store.ts'
import { TriageStore } from './triage-store.ts'
import { Upkeep } from './upkeep.ts'
import { type Tx, Writer, type WriterState } from './writer.ts'

export interface StoreOptions {
  /** null: in memory. */
  dataDir: string | null
  /** False: nothing is kept that somebody could check later (`play`). */
  isAudited?: boolean
  /** Told when damage was found while the store is open. */
  onDamage?: () => void
  clock: Clock
  ids: Ids
  log: Log
}

/** Whether the store can be written to and read, as a sentence for the screen. */
export interface StoreHealth {
  state: 'ok' | 'full' | 'corrupt'
  message: string
}

/** Everything that is kept. */
export interface Store {
  /** The writer's connection; engine logic may read through it. */
  readonly db: Database
  readonly paths: DataPaths | null
  readonly writer: Writer
  readonly audit: Audit
  readonly events: EventStore
  readonly alerts: AlertStore
  readonly decisions: DecisionStore
  readonly problems: ProblemStore
  readonly settings: SettingStore
  readonly policies: PolicyStore
  readonly sources: SourceStore
  readonly attributes: PersistentAttributeStore
  readonly rules: RuleStore
  readonly triage: TriageStore
  readonly generations: Generations
  readonly revoked: RevokedTokens
  /** What is missing of the last records, as a sentence; null when nothing is. */
  readonly lost: string | null
  readonly search: SearchIndex
  /** Retention and backups, once an hour; `run()` does what is due now. */
  readonly upkeep: Upkeep
  /** Reads of the screen, off this thread. */
  readonly reader: Reader
  health(): StoreHealth
  /** Commits what waits, then closes the file. */
  close(): Promise<void>
}

/**
 * Opens the store of a data folder, made on first use.
 * @throws TocsinError `store_locked`, `store_corrupt`, `store_future`, `store_unreadable`, `store_full`
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const opened = await openDatabase(options)
  try {
    return await storeOn(opened, options)
  } catch (error) {
    opened.close()
    throw error
  }
}

async function storeOn(opened: OpenedDatabase, options: StoreOptions): Promise<Store> {
  const { clock, ids, log } = options
  const { db, paths } = opened
  if (paths !== null) makePrivateFolder(`${paths.folder}/vault`)
  const key = openAuditKey(paths?.auditKey ?? null)
  const isAudited = options.isAudited !== false
  const headFile = paths === null ? null : new AuditHeadFile(paths.auditHead)
  const auditLog = isAudited ? new AuditLog(db, key, (head) => headFile?.keep(head)) : new NoAuditLog(db, key)
  const writer = new Writer(db, auditLog, { clock, ids, log })
  if (isAudited && key.save !== null) {
    await writer.commit('audit-key', (tx) => keepAuditKey(tx, key.publicKey))
    key.save()
  }
  const events = new EventStore(db, ids)
  const problems = new ProblemStore(db, ids)
  const damage = new DamageWatch(paths, { writer, problems, onDamage: options.onDamage, clock, log })
  const onFailure = (code: string): void => {
    if (code === 'store_corrupt') damage.note()
    if (code === 'search_unready') search.rebuild().catch(() => {}) // logged, and tried again
  }
  const search = new SearchIndex(paths, { onFailure, clock, log })
  const settings = new SettingStore(db)
  const upkeep = new Upkeep(db, paths, new Retention(db, { writer, settings, search }), { clock, log })
  const reader = paths === null ? inlineReader(db) : new ThreadReader(paths.database, onFailure)
  return {
    db,
    paths,
    writer,
    audit: auditOf(db, key, auditLog, reader),
    events,
    alerts: new AlertStore(db, events, () => search.wake()),
    decisions: new DecisionStore(db, ids),
    problems,
    settings,
    policies: new PolicyStore(db),
    sources: new SourceStore(db, ids),
    attributes: new PersistentAttributeStore(db),
    rules: new RuleStore(db),
    triage: new TriageStore(db),
    generations: new Generations(db),
    revoked: new RevokedTokens(paths?.revokedTokens ?? null),
    lost: opened.lost,
    search,
    upkeep,
    reader,
    health: () => healthOf(damage.isSeen() ? 'corrupt' : writer.state()),
    async close() {
      await search.stop()
      await damage.stop()
      const resting = upkeep.stop()
      writer.close()
      await resting
      await reader.close()
      opened.close()
      headFile?.close()
    },
  }
}

function auditOf(db: Database, { publicKey }: AuditKey, auditLog: AuditLog, reader: Reader): Audit {
  return createAudit(
    publicKey,
    () => readSignedHead(db),
    (run) => reader.query('audit.slice', { run, publicKey, head: auditLog.head() }),
  )
}

/** From this row of the trail on the key signs it. */
function keepAuditKey(tx: Tx, publicKey: string): void {
  tx.db.prepare('INSERT INTO audit_key (public_key, since) VALUES (?, ?)').run(publicKey, tx.at)
}

function healthOf(state: WriterState): StoreHealth {
  switch (state) {
    case 'ok':
      return { state, message: '' }
    case 'full':
      return { state, message: 'The disk is full: nothing can be stored, and senders get 503. Free some space.' }
    case 'corrupt':
      return { state, message: 'The database is damaged. Restore a backup, or export what can still be read.' }
    default:
      return assertNever(state, 'state of the writer')
  }
}
