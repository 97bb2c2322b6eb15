import { handshakeKind } from '../../../../shared/model/source-views.ts'
import type { Database } from '../database.ts'
import { oneOf } from './one-of.ts'
import { CHAINS } from './0010-chains.ts'
import { EVENTS_AND_ALERTS } from './0010-events.ts'
import { LIST_TABLES, LIST_TRIGGERS } from './0010-lists.ts'
import { POLICIES } from './0010-policies.ts'

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
  db.exec(ACTS_AND_AUDIT)
  db.exec(LIST_TABLES)
  db.exec(VIEWS)
  db.exec(LIST_TRIGGERS)
  for (const table of [
    'policy_version',
    'policy_form',
    'policy_live',
    'decision',
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

const VIEWS = `
-- Which alerts a chain's subject is about. Every subject has a branch here, and nothing else names its kind; a subject whose
-- alerts change keeps alert_list.waiting true when they do.
CREATE VIEW subject_alert AS
  SELECT 'alert' AS subject_kind, id AS subject_id, seq AS alert_seq, event_id FROM alert;

-- The latest version of every persistent record that was not ended; readers add "expires_at > :now".
CREATE VIEW persistent_attribute_now AS
  SELECT p.* FROM persistent_attribute_head AS h JOIN persistent_attribute AS p ON p.seq = h.seq
  WHERE p.ended = 0;

-- Triage state is what the last act on the alert left behind; an alert without one is new.
CREATE VIEW alert_triage AS
  SELECT a.seq AS alert_seq, a.id AS alert_id, t.after AS triage, t.at AS changed_at, t.by AS changed_by
  FROM alert AS a
  LEFT JOIN act AS t ON t.seq = (
    SELECT max(seq) FROM act WHERE subject_id = a.id AND kind = 'alert.triage'
  );

-- What is in force: contained, no succeeded attempt has undone it, and nobody said that it was lifted elsewhere.
CREATE VIEW active_containment AS
  SELECT t.* FROM attempt AS t
  WHERE t.effect = 'contain' AND t.outcome = 'succeeded' AND t.undoes IS NULL
    AND NOT EXISTS (SELECT 1 FROM attempt AS u WHERE u.undoes = t.id AND u.outcome = 'succeeded')
    AND NOT EXISTS (SELECT 1 FROM act AS l WHERE l.subject_id = t.action_id AND l.kind = 'containment.lift');

CREATE VIEW policy_now AS
  SELECT v.*, l.since, l.by FROM policy_live AS l JOIN policy_version AS v ON v.id = l.version_id
  WHERE l.seq = (SELECT max(seq) FROM policy_live);
`

function appendOnly(table: string): string {
  return `
CREATE TRIGGER ${table}_no_update BEFORE UPDATE ON ${table} BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;
CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table} BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;
`
}
