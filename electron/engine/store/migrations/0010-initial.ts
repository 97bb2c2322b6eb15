import type { Database } from '../database.ts'
import { LIST_TABLES, LIST_TRIGGERS } from './0010-lists.ts'

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
  for (const table of ['policy_live', 'persistent_attribute', 'act', 'audit']) db.exec(appendOnly(table))
}

/**
 * A condition that a column holds one of these words. Not `IN`: in a CHECK SQLite fills a table of its own with the list for
 * every row, which costs more than the row (10 µs a list).
 */
function oneOf(column: string, words: readonly string[]): string {
  return words.map((word) => `${column} = '${word}'`).join(' OR ')
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
  revoked_at INTEGER
) STRICT;

CREATE TABLE refusal (
  source_id TEXT NOT NULL DEFAULT '',
  code TEXT NOT NULL,
  day INTEGER NOT NULL,
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (source_id, code, day)
) STRICT, WITHOUT ROWID;
`

const EVENTS_AND_ALERTS = `
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  received_at INTEGER NOT NULL,
  schema TEXT NOT NULL,
  route TEXT NOT NULL,
  source_id TEXT NOT NULL DEFAULT '',
  delivery_space TEXT,
  delivery_id TEXT,
  remote TEXT NOT NULL,
  headers TEXT NOT NULL CHECK (json_valid(headers)),
  query TEXT NOT NULL CHECK (json_valid(query)),
  credentials_hash TEXT,
  body_size INTEGER NOT NULL,
  body_sha256 TEXT NOT NULL,
  -- The bytes hold something that is no character: policies and screens see U+FFFD there.
  is_text_replaced INTEGER NOT NULL CHECK (is_text_replaced IN (0, 1)),
  body_deleted_at INTEGER,
  outcome TEXT NOT NULL CHECK (${oneOf('outcome', ['pending', 'alerts', 'no_alert', 'no_policy', 'problem'])})
) STRICT;
CREATE UNIQUE INDEX event_delivery ON event (source_id, delivery_space, delivery_id)
  WHERE delivery_id IS NOT NULL;
CREATE INDEX event_outcome ON event (outcome, seq);
CREATE INDEX event_no_policy ON event (schema, seq) WHERE outcome = 'no_policy';

-- Apart from its event, so that lists stay small and a body deleted by age gives its pages back.
CREATE TABLE event_body (
  event_seq INTEGER PRIMARY KEY REFERENCES event (seq),
  encoding TEXT NOT NULL CHECK (encoding IN ('identity', 'zstd')),
  body BLOB NOT NULL
) STRICT;

CREATE TABLE alert (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  event_id TEXT NOT NULL REFERENCES event (id),
  position INTEGER NOT NULL,
  schema TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  source TEXT NOT NULL,
  namespace TEXT NOT NULL,
  severity TEXT NOT NULL DEFAULT 'info' CHECK (${oneOf('severity', ['critical', 'high', 'medium', 'low', 'info'])}),
  refs TEXT NOT NULL CHECK (json_valid(refs)),
  tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
  dedup_key TEXT NOT NULL,
  policy_version_id TEXT NOT NULL REFERENCES policy_version (id),
  decision_id TEXT NOT NULL
) STRICT;
CREATE INDEX alert_event ON alert (event_id, position);
CREATE INDEX alert_dedup ON alert (dedup_key, seq);

CREATE TABLE attribute (
  alert_seq INTEGER NOT NULL REFERENCES alert (seq),
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  type TEXT NOT NULL,
  persist INTEGER NOT NULL CHECK (persist IN (0, 1)),
  ttl INTEGER NOT NULL,
  PRIMARY KEY (alert_seq, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX attribute_value ON attribute (value, key, alert_seq);

CREATE TABLE problem (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL,
  schema TEXT NOT NULL DEFAULT '',
  event_id TEXT,
  chain_id TEXT,
  message TEXT NOT NULL,
  details TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(details)),
  count INTEGER NOT NULL DEFAULT 1,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  resolved_at INTEGER,
  resolution TEXT
) STRICT;
CREATE UNIQUE INDEX problem_no_policy ON problem (schema) WHERE code = 'no_policy' AND resolved_at IS NULL;
CREATE INDEX problem_open ON problem (last_at) WHERE resolved_at IS NULL;
CREATE INDEX problem_event ON problem (event_id);

-- Rebuilt from the rows at any time; advanced by the watermark in search_state, at most a second behind.
-- Punctuation separates: a search for 10.0.0.1 is the phrase "10 0 0 1", one for a file name finds it in any path.
CREATE VIRTUAL TABLE alert_search USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE TABLE search_state (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), watermark INTEGER NOT NULL) STRICT;
INSERT INTO search_state VALUES (1, 0);
`

const POLICIES = `
CREATE TABLE policy_version (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  sources TEXT NOT NULL CHECK (json_valid(sources)),
  data_files TEXT NOT NULL CHECK (json_valid(data_files)),
  compiled BLOB,
  compiled_meta TEXT NOT NULL CHECK (json_valid(compiled_meta)),
  compiler_hash TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (${oneOf('origin', ['workspace', 'starter', 'publish', 'rollback', 'import', 'command'])}),
  test_summary TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(test_summary))
) STRICT;

CREATE TABLE policy_live (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  version_id TEXT NOT NULL REFERENCES policy_version (id),
  since INTEGER NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE decision (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (${oneOf('kind', ['alert', 'init', 'run', 'exit', 'inspect', 'review', 'emit'])}),
  policy_version_id TEXT NOT NULL,
  evaluator TEXT NOT NULL CHECK (evaluator IN ('wasm', 'full')),
  evaluator_hash TEXT NOT NULL,
  event_id TEXT,
  chain_id TEXT,
  round_no INTEGER,
  action_id TEXT,
  input_parts TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(input_parts)),
  input_sha256 TEXT NOT NULL,
  output TEXT CHECK (output IS NULL OR json_valid(output)),
  now_ns TEXT NOT NULL,
  seed TEXT NOT NULL,
  prints TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(prints)),
  error TEXT CHECK (error IS NULL OR json_valid(error))
) STRICT;
CREATE INDEX decision_event ON decision (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX decision_chain ON decision (chain_id, round_no) WHERE chain_id IS NOT NULL;
`

const CHAINS = `
CREATE TABLE chain (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('alert', 'report')),
  subject_id TEXT NOT NULL,
  run_no INTEGER NOT NULL,
  rerun_of TEXT REFERENCES chain (id),
  rerun_what TEXT CHECK (${oneOf('rerun_what', ['everything', 'step', 'failed'])}),
  rerun_from TEXT REFERENCES action (id),
  undo_of TEXT REFERENCES attempt (id),
  trigger TEXT NOT NULL CHECK (${oneOf('trigger', ['event', 'rerun', 'reprocess', 'undo'])}),
  policy_version_id TEXT NOT NULL REFERENCES policy_version (id),
  generation TEXT NOT NULL CHECK (generation IN ('commit', 'exit')),
  namespace TEXT NOT NULL,
  state TEXT NOT NULL CHECK (${oneOf('state', ['queued', 'running', 'waiting', 'completed', 'aborted', 'failed', 'cancelled', 'round_limit'])}),
  round_no INTEGER NOT NULL DEFAULT 0,
  attrs TEXT NOT NULL CHECK (json_valid(attrs)),
  stopping INTEGER NOT NULL DEFAULT 0 CHECK (stopping IN (0, 1)),
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  UNIQUE (subject_kind, subject_id, run_no)
) STRICT;
CREATE INDEX chain_undo ON chain (undo_of) WHERE undo_of IS NOT NULL;
CREATE INDEX chain_open ON chain (seq) WHERE finished_at IS NULL;

CREATE TABLE round (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  chain_id TEXT NOT NULL REFERENCES chain (id),
  no INTEGER NOT NULL,
  decision_id TEXT REFERENCES decision (id),
  attrs_before TEXT NOT NULL CHECK (json_valid(attrs_before)),
  init TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(init)),
  aborted INTEGER NOT NULL DEFAULT 0 CHECK (aborted IN (0, 1)),
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  UNIQUE (chain_id, no)
) STRICT;

CREATE TABLE action (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  chain_id TEXT NOT NULL REFERENCES chain (id),
  round_no INTEGER NOT NULL,
  position INTEGER NOT NULL,
  policy_id TEXT NOT NULL,
  has_own_id INTEGER NOT NULL CHECK (has_own_id IN (0, 1)),
  name TEXT NOT NULL,
  uses TEXT NOT NULL,
  args TEXT NOT NULL CHECK (json_valid(args)),
  args_hash TEXT NOT NULL,
  force INTEGER NOT NULL CHECK (force IN (0, 1)),
  abort INTEGER NOT NULL CHECK (abort IN (0, 1)),
  commits TEXT NOT NULL CHECK (json_valid(commits)),
  effect TEXT CHECK (${oneOf('effect', ['observe', 'notify', 'contain'])}),
  title TEXT NOT NULL,
  target TEXT NOT NULL DEFAULT '',
  needs_approval INTEGER NOT NULL CHECK (needs_approval IN (0, 1)),
  asked TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(asked)),
  plan TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(plan)),
  state TEXT NOT NULL CHECK (${oneOf('state', ['proposed', 'waiting', 'approved', 'rejected', 'expired', 'running', 'succeeded', 'failed', 'unknown', 'skipped', 'superseded'])}),
  proposed_at INTEGER NOT NULL,
  settled_at INTEGER,
  settled_order INTEGER,
  resolved_commits TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(resolved_commits)),
  reused_from TEXT REFERENCES action (id),
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  UNIQUE (chain_id, round_no, position)
) STRICT;
CREATE INDEX action_waiting ON action (seq) WHERE state IN ('waiting', 'unknown');
CREATE INDEX action_target ON action (uses, target) WHERE target <> '';

CREATE TABLE attempt (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  action_id TEXT NOT NULL REFERENCES action (id),
  no INTEGER NOT NULL,
  key TEXT NOT NULL,
  uses TEXT NOT NULL,
  args TEXT NOT NULL CHECK (json_valid(args)),
  args_hash TEXT NOT NULL,
  plan TEXT NOT NULL CHECK (json_valid(plan)),
  plan_hash TEXT NOT NULL,
  approval_id TEXT REFERENCES approval (id),
  policy_version_id TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (${oneOf('mode', ['off', 'dry-run', 'ask', 'policy'])}),
  effect TEXT NOT NULL CHECK (${oneOf('effect', ['observe', 'notify', 'contain'])}),
  intent_at INTEGER NOT NULL,
  outcome TEXT CHECK (${oneOf('outcome', ['succeeded', 'failed', 'unknown'])}),
  outcome_at INTEGER,
  outcome_by TEXT CHECK (${oneOf('outcome_by', ['action', 'probe', 'analyst', 'restart'])}),
  result TEXT CHECK (result IS NULL OR json_valid(result)),
  result_sha256 TEXT,
  result_deleted_at INTEGER,
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  undoes TEXT REFERENCES attempt (id),
  UNIQUE (action_id, no)
) STRICT;
CREATE INDEX attempt_contain ON attempt (effect, outcome, seq) WHERE effect = 'contain';
CREATE INDEX attempt_undoes ON attempt (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX attempt_result ON attempt (seq) WHERE result IS NOT NULL;

CREATE TABLE approval (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  action_id TEXT NOT NULL UNIQUE REFERENCES action (id),
  bound_hash TEXT NOT NULL,
  bound TEXT NOT NULL CHECK (json_valid(bound)),
  plan TEXT NOT NULL CHECK (json_valid(plan)),
  editable INTEGER NOT NULL CHECK (editable IN (0, 1)),
  reason TEXT NOT NULL DEFAULT '',
  edited_args TEXT CHECK (edited_args IS NULL OR json_valid(edited_args)),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  outcome TEXT CHECK (${oneOf('outcome', ['approved', 'rejected', 'expired', 'withdrawn'])}),
  decided_at INTEGER,
  decided_by TEXT,
  why TEXT NOT NULL DEFAULT '',
  decided_hash TEXT,
  stale_at INTEGER,
  stale_reason TEXT CHECK (stale_reason IS NULL OR json_valid(stale_reason)),
  stale_confirmed_at INTEGER
) STRICT;
CREATE INDEX approval_open ON approval (expires_at) WHERE outcome IS NULL;

CREATE TABLE persistent_attribute (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  namespace TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  type TEXT NOT NULL,
  ttl INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)),
  chain_id TEXT NOT NULL,
  attempt_id TEXT,
  UNIQUE (namespace, id, version)
) STRICT;
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
  before TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(before)),
  after TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(after)),
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX act_subject ON act (subject_id, kind, seq);

-- Hashes only: retention may delete what they cover, never these rows.
-- AUTOINCREMENT remembers the last number, so that rows missing at the end show.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  record_sha256 TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  signature TEXT
) STRICT;
`

const VIEWS = `
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

-- What is in force: contained, and no succeeded attempt has undone it.
CREATE VIEW active_containment AS
  SELECT t.* FROM attempt AS t
  WHERE t.effect = 'contain' AND t.outcome = 'succeeded' AND t.undoes IS NULL
    AND NOT EXISTS (SELECT 1 FROM attempt AS u WHERE u.undoes = t.id AND u.outcome = 'succeeded');

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
