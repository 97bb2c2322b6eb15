import { z } from 'zod'
import { settings, type SettingKey, type Settings } from '../../../shared/model/settings.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { TocsinError } from '../../../shared/errors.ts'
import { dataPaths } from './data-folder.ts'
import { openReader, type Database, type Statement } from './database.ts'
import type { Tx } from './writer.ts'

const GB = 1_000_000_000

/** What holds until the analyst changes it. `quarantine.roots: []` means the home and temporary folders. */
export const DEFAULT_SETTINGS: Settings = {
  'receiver.address': '127.0.0.1:8080',
  'receiver.maxBodyBytes': 1_048_576,
  'sns.topics': [],
  'read.graphql': false,
  'read.tokenSha256': '',
  'response.mode': 'ask',
  'contain.protected': [],
  'contain.maxPerRule': 10,
  'contain.maxPerHour': 25,
  'contain.maxPerChain': 5,
  'quarantine.roots': [],
  'scripts.trusted': {},
  'env.variables': {},
  'env.process': [],
  'net.allow': [],
  'net.proxy': '',
  'net.caFile': '',
  'service.urls': {},
  'retention.days': 90,
  // A desktop's disk must not be filled by a noisy detector; 0 would mean no cap.
  'retention.maxBytes': 10 * GB,
  'approval.expiryHours': 24,
  'report.windowSeconds': 10_800,
  'report.inspectDelaySeconds': 0,
  'report.reviewDelaySeconds': 600,
}

/** The settings of a data folder, read beside the engine that may have it open; the defaults where there are none. */
export function storedSettings(dataDir: string): Settings {
  let db: Database | null = null
  try {
    db = openReader(dataPaths(dataDir).database)
    return new SettingStore(db).all()
  } catch {
    return DEFAULT_SETTINGS // no folder, or none that this program reads: its own start says so
  } finally {
    db?.close()
  }
}

interface SettingRow {
  key: string
  value: string
}

/** Settings that the analyst may change, typed and checked by `shared/model/views.ts`. */
export class SettingStore {
  readonly #rows: Statement<[], SettingRow>
  readonly #put: Statement
  readonly #db: Database
  #cache: Settings | null = null

  constructor(db: Database) {
    this.#db = db
    this.#rows = db.prepare('SELECT key, value FROM setting')
    this.#put = db.prepare(
      `INSERT INTO setting VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
    )
  }

  /** All settings; where none is stored, or a stored one is not valid any more, the default. */
  all(): Settings {
    // What a transaction sees may still be rolled back.
    if (this.#db.inTransaction) return this.#read()
    this.#cache ??= this.#read()
    return this.#cache
  }

  get<Key extends SettingKey>(key: Key): Settings[Key] {
    return this.all()[key]
  }

  /** Whether the analyst (or a command) ever set this one. */
  isSet(key: SettingKey): boolean {
    return this.#rows.all().some((row) => row.key === key)
  }

  /**
   * Changes settings, one act each; one that stays the same leaves no act.
   * @throws TocsinError `invalid_setting`
   */
  set(tx: Tx, changes: Partial<Settings>, by: string): void {
    const valid = check(changes)
    const before = this.#read()
    this.#cache = null
    for (const key of Object.keys(valid) as SettingKey[]) {
      const after = valid[key] as JsonValue
      if (JSON.stringify(before[key]) === JSON.stringify(after) && this.isSet(key)) continue
      this.#put.run(key, JSON.stringify(after), tx.at)
      tx.act({ by, kind: 'setting.set', subjectKind: 'setting', subjectId: key, before: before[key], after })
    }
  }

  #read(): Settings {
    const stored: Record<string, unknown> = {}
    for (const { key, value } of this.#rows.all()) {
      const shape = settings.shape[key as SettingKey] as z.ZodType | undefined
      const parsed = shape?.safeParse(JSON.parse(value))
      if (parsed?.success) stored[key] = parsed.data
    }
    return { ...DEFAULT_SETTINGS, ...stored }
  }
}

function check(changes: Partial<Settings>): Partial<Settings> {
  const parsed = settings.partial().strict().safeParse(changes)
  if (parsed.success) return parsed.data as Partial<Settings>
  throw new TocsinError('invalid_setting', z.prettifyError(parsed.error))
}
