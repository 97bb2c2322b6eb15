import { oneOf } from './one-of.ts'

/** What came in, what the alert policy made of it, and what could not be processed. */
export const EVENTS_AND_ALERTS = `
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
  outcome TEXT NOT NULL CHECK (${oneOf('outcome', ['pending', 'alerts', 'no_alert', 'no_policy', 'problem'])}),
  -- The decision that was made before it was stored, if one was; every other one is a decision_row.
  evaluator INTEGER REFERENCES evaluator (seq),
  decided_at INTEGER,
  -- Of what the policy saw, where that is not the body as it came.
  input_sha256 TEXT,
  output TEXT CHECK (output IS NULL OR json_valid(output)),
  now_ns TEXT,
  seed TEXT,
  duration_us INTEGER,
  prints TEXT CHECK (prints IS NULL OR json_valid(prints)),
  error TEXT CHECK (error IS NULL OR json_valid(error))
) STRICT;
CREATE UNIQUE INDEX event_delivery ON event (source_id, delivery_space, delivery_id)
  WHERE delivery_id IS NOT NULL;
CREATE INDEX event_outcome ON event (outcome, seq);
CREATE INDEX event_no_policy ON event (schema, seq) WHERE outcome = 'no_policy';

-- Apart from its event, so that lists stay small and a body deleted by age gives its pages back.
CREATE TABLE event_body (
  event_seq INTEGER PRIMARY KEY REFERENCES event (seq),
  encoding TEXT NOT NULL CHECK (encoding IN ('identity', 'deflate')),
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
  -- What reports group by: who found it, by which of its rules, about what. '' where the policy does not say.
  detector TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  alert_key TEXT NOT NULL,
  policy_version_id TEXT NOT NULL REFERENCES policy_version (id),
  decision_id TEXT NOT NULL,
  attrs TEXT NOT NULL CHECK (json_valid(attrs))
) STRICT;
CREATE INDEX alert_event ON alert (event_id, position);
CREATE INDEX alert_dedup ON alert (dedup_key, seq);
CREATE INDEX alert_report ON alert (detector, rule_id, alert_key, seq) WHERE detector <> '';

-- Values of a known type in one spelling, of alerts and of what their chains committed (action_id): derived, may be made again.
CREATE TABLE attribute_normal (
  normal TEXT NOT NULL,
  form TEXT NOT NULL CHECK (${oneOf('form', ['ip', 'domain', 'hash', 'email', 'path'])}),
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  action_id TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (normal, form, subject_kind, subject_id, action_id, key)
) STRICT, WITHOUT ROWID;

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
CREATE INDEX problem_chain ON problem (chain_id) WHERE resolved_at IS NULL;
CREATE INDEX problem_event ON problem (event_id);

-- The events whose bodies age took, in that order: what the search index, in a file of its own, has to forget.
CREATE TABLE deleted_body (seq INTEGER PRIMARY KEY, event_seq INTEGER NOT NULL) STRICT;
CREATE TRIGGER body_deleted AFTER UPDATE OF body_deleted_at ON event WHEN new.body_deleted_at IS NOT NULL BEGIN
  INSERT INTO deleted_body (event_seq) VALUES (new.seq);
END;
`
