import { handshakeKind } from '../../../../shared/model/source-views.ts'
import type { Database } from '../database.ts'
import { oneOf } from './one-of.ts'
import { CHAINS } from './0010-chains.ts'
import { EVENTS_AND_ALERTS } from './0010-events.ts'
import { LIST_TABLES, LIST_TRIGGERS } from './0010-lists.ts'
import { POLICIES } from './0010-policies.ts'
import { REPORTS } from './0010-reports.ts'
import { VIEWS } from './0010-views.ts'

/**
 * The tables that everything later stands on. Conventions: `seq` orders rows and is never reused; `id` is a public
 * UUIDv7; times are epoch milliseconds; JSON columns hold valid JSON; a column that retention may empty is nullable and has
 * its hash beside it. Rows of append-only tables refuse UPDATE and DELETE by trigger.
 */
export function up(db: Database): void {
  db.exec(SETTINGS_AND_SOURCES)
  db.exec(EVENTS_AND_ALERTS)
  db.exec(POLICIES)
  db.exec(CHAINS)
  db.exec(REPORTS)
  db.exec(ACTS_AND_AUDIT)
  db.exec(LIST_TABLES)
  db.exec(VIEWS)
  db.exec(LIST_TRIGGERS)
  db.exec(DECIDED_ONCE)
  for (const table of [
    'policy_version',
    'policy_form',
    'policy_live',
    'evaluator',
    'decision_row',
    'persistent_attribute',
    'act',
    'audit_key',
    'audit',
  ])
    db.exec(appendOnly(table))
}

const SETTINGS_AND_SOURCES = `
-- What the store keeps for itself (when the file was last checked), not for the analyst.
CREATE TABLE store_state (key TEXT PRIMARY KEY, value TEXT NOT NULL CHECK (json_valid(value))) STRICT;

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value)),
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE source (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  token_hash TEXT,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at INTEGER,
  handshake TEXT CHECK (${oneOf('handshake', handshakeKind.options)})
) STRICT;

CREATE TABLE refusal (
  day INTEGER NOT NULL,
  source_id TEXT NOT NULL DEFAULT '',
  code TEXT NOT NULL,
  remote TEXT NOT NULL,
  count INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (day, source_id, code, remote)
) STRICT, WITHOUT ROWID;
`

const ACTS_AND_AUDIT = `
CREATE TABLE act (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  -- Where in a chain: what is proven of an approval is proven of this place.
  chain_id TEXT,
  round_no INTEGER,
  action_id TEXT,
  attempt_no INTEGER,
  before TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(before)),
  after TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(after)),
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX act_subject ON act (subject_id, kind, seq);
CREATE INDEX act_chain ON act (chain_id, seq) WHERE chain_id IS NOT NULL;

-- The keys that the trail was signed under, from the row of the trail that names each.
CREATE TABLE audit_key (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  public_key TEXT NOT NULL UNIQUE,
  since INTEGER NOT NULL
) STRICT;

-- One row per commit. Hashes only: retention may delete what they cover, never these rows.
-- AUTOINCREMENT remembers the last number, so that rows missing at the end show.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  records TEXT NOT NULL CHECK (json_valid(records)),
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  signature TEXT NOT NULL
) STRICT;
`

/** A decision that is part of another row is written with it, and never again. */
const DECIDED_ONCE = `
CREATE TRIGGER event_decided_once BEFORE UPDATE OF evaluator, decided_at, input_sha256, output, now_ns, seed, duration_us,
  prints, error ON event BEGIN SELECT RAISE(ABORT, 'the decision of an event is written once'); END;
CREATE TRIGGER chain_decided_once BEFORE UPDATE OF first_evaluator, first_mode, first_env, first_input_sha256, first_output,
  first_now_ns, first_seed, first_duration_us, first_prints ON chain WHEN old.first_evaluator IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the first round of a chain is written once'); END;
`

function appendOnly(table: string): string {
  return `
CREATE TRIGGER ${table}_no_update BEFORE UPDATE ON ${table} BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;
CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table} BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;
`
}
