import { oneOf } from './one-of.ts'

/** Policy versions, which was live since when, and every decision that one of them made. */
export const POLICIES = `
CREATE TABLE policy_version (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  sources TEXT NOT NULL CHECK (json_valid(sources)),
  data_files TEXT NOT NULL CHECK (json_valid(data_files)),
  origin TEXT NOT NULL CHECK (${oneOf('origin', ['workspace', 'starter', 'publish', 'rollback', 'import', 'command'])}),
  test_summary TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(test_summary))
) STRICT;

-- What a version was compiled to. A new compiler adds a form beside the older ones, and so does a damaged one: the last is used.
CREATE TABLE policy_form (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  version_id TEXT NOT NULL REFERENCES policy_version (id),
  form TEXT NOT NULL CHECK (form IN ('wasm', 'full')),
  compiler_hash TEXT NOT NULL,
  since INTEGER NOT NULL,
  compiled BLOB,
  compiled_sha256 TEXT,
  meta TEXT NOT NULL CHECK (json_valid(meta))
) STRICT;
CREATE INDEX policy_form_version ON policy_form (version_id, seq);

CREATE TABLE policy_live (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  version_id TEXT NOT NULL REFERENCES policy_version (id),
  since INTEGER NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

-- What has evaluated: a version in one of its compiled forms, by one build of the evaluators.
CREATE TABLE evaluator (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_version_id TEXT NOT NULL,
  policy_form INTEGER REFERENCES policy_form (seq),
  kind TEXT NOT NULL CHECK (kind IN ('wasm', 'full')),
  build_hash TEXT NOT NULL
) STRICT;
CREATE INDEX evaluator_version ON evaluator (policy_version_id, build_hash);

-- A decision that is no part of its event's row or of its chain's; the view "decision" has them all.
CREATE TABLE decision_row (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (${oneOf('kind', ['alert', 'init', 'run', 'exit', 'inspect', 'review'])}),
  purpose TEXT NOT NULL CHECK (${oneOf('purpose', ['live', 'staleness', 'shadow'])}),
  -- 0: nothing was done on the strength of it (a round that was overtaken).
  is_taken INTEGER NOT NULL CHECK (is_taken IN (0, 1)),
  evaluator INTEGER NOT NULL REFERENCES evaluator (seq),
  event_id TEXT,
  chain_id TEXT,
  round_no INTEGER,
  action_id TEXT,
  mode TEXT CHECK (${oneOf('mode', ['off', 'dry-run', 'ask', 'policy'])}),
  input_parts TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(input_parts)),
  input_sha256 TEXT NOT NULL,
  output TEXT CHECK (output IS NULL OR json_valid(output)),
  now_ns TEXT NOT NULL,
  seed TEXT NOT NULL,
  duration_us INTEGER,
  prints TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(prints)),
  error TEXT CHECK (error IS NULL OR json_valid(error))
) STRICT;
CREATE INDEX decision_row_event ON decision_row (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX decision_row_chain ON decision_row (chain_id, round_no) WHERE chain_id IS NOT NULL;

-- Which rules of its policy made an alert or an action; the identity of a rule is the same in every version. Derived: follows
-- by a watermark, and may be made again.
CREATE TABLE rule (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE rule_of (
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('alert', 'action')),
  subject_seq INTEGER NOT NULL,
  rule_no INTEGER NOT NULL REFERENCES rule (no),
  PRIMARY KEY (subject_kind, subject_seq, rule_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_of_rule ON rule_of (rule_no, subject_kind, subject_seq);
CREATE TABLE rule_state (subject_kind TEXT PRIMARY KEY, watermark INTEGER NOT NULL) STRICT;
INSERT INTO rule_state VALUES ('alert', 0), ('action', 0);
`
