import { oneOf } from './one-of.ts'

/** What is done about an alert: chain, round, action, approval, attempt, and the records that outlive it. */
export const CHAINS = `
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
  -- The first round of a chain that ends with it: it proposed nothing. Every other round is a round_row.
  first_evaluator INTEGER REFERENCES evaluator (seq),
  first_mode TEXT CHECK (${oneOf('first_mode', ['dry-run', 'ask', 'policy'])}),
  first_env TEXT CHECK (first_env IS NULL OR json_valid(first_env)),
  first_input_sha256 TEXT,
  first_output TEXT CHECK (first_output IS NULL OR json_valid(first_output)),
  first_now_ns TEXT,
  first_seed TEXT,
  first_duration_us INTEGER,
  first_prints TEXT CHECK (first_prints IS NULL OR json_valid(first_prints)),
  UNIQUE (subject_kind, subject_id, run_no)
) STRICT;
CREATE INDEX chain_undo ON chain (undo_of) WHERE undo_of IS NOT NULL;
CREATE INDEX chain_open ON chain (seq) WHERE finished_at IS NULL;

CREATE TABLE round_row (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  chain_id TEXT NOT NULL REFERENCES chain (id),
  no INTEGER NOT NULL,
  decision_id TEXT REFERENCES decision_row (id),
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
  end_asked INTEGER NOT NULL CHECK (end_asked IN (0, 1)),
  commits TEXT NOT NULL CHECK (json_valid(commits)),
  effect TEXT CHECK (${oneOf('effect', ['observe', 'notify', 'contain'])}),
  title TEXT NOT NULL,
  target TEXT NOT NULL DEFAULT '',
  target_key TEXT NOT NULL DEFAULT '',
  -- What counts towards the caps: each target that it contains, and the rules that made it. Empty where it contains nothing.
  targets TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(targets)),
  rules TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(rules)),
  irreversible INTEGER NOT NULL DEFAULT 0 CHECK (irreversible IN (0, 1)),
  needs_approval INTEGER NOT NULL CHECK (needs_approval IN (0, 1)),
  asked TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(asked)),
  plan TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(plan)),
  state TEXT NOT NULL CHECK (${oneOf('state', ['proposed', 'waiting', 'approved', 'rejected', 'expired', 'running', 'confirming', 'succeeded', 'failed', 'unknown', 'skipped', 'superseded'])}),
  proposed_at INTEGER NOT NULL,
  settled_at INTEGER,
  settled_order INTEGER,
  resolved_commits TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(resolved_commits)),
  reused_from TEXT REFERENCES action (id),
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  UNIQUE (chain_id, round_no, position)
) STRICT;
CREATE INDEX action_state ON action (chain_id, state);
CREATE INDEX action_waiting ON action (seq) WHERE state IN ('waiting', 'unknown');
CREATE INDEX action_target ON action (target_key, seq) WHERE target_key <> '';

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
  -- It was requested and its target did not read so yet: what its confirmation needs.
  accepted_at INTEGER,
  accepted TEXT CHECK (accepted IS NULL OR json_valid(accepted)),
  taken INTEGER CHECK (taken IN (0, 1)),
  -- What the last look found that did not confirm it.
  pending TEXT,
  outcome TEXT CHECK (${oneOf('outcome', ['succeeded', 'failed', 'unknown'])}),
  outcome_at INTEGER,
  outcome_by TEXT CHECK (${oneOf('outcome_by', ['action', 'confirmation', 'probe', 'analyst', 'restart'])}),
  result TEXT CHECK (result IS NULL OR json_valid(result)),
  result_sha256 TEXT,
  result_deleted_at INTEGER,
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  undoes TEXT REFERENCES attempt (id),
  -- Of a containment in force: when it is looked at next, when it ends, when its end is to be seen to.
  next_check_at INTEGER,
  ends_at INTEGER,
  ends_by_target INTEGER CHECK (ends_by_target IN (0, 1)),
  end_due_at INTEGER,
  end_failure TEXT,
  UNIQUE (action_id, no)
) STRICT;
CREATE INDEX attempt_contain ON attempt (effect, outcome, seq) WHERE effect = 'contain';
CREATE INDEX attempt_contained ON attempt (intent_at) WHERE effect = 'contain' AND undoes IS NULL;
CREATE INDEX attempt_confirming ON attempt (seq) WHERE accepted_at IS NOT NULL AND outcome IS NULL;
CREATE INDEX attempt_check ON attempt (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX attempt_end ON attempt (end_due_at) WHERE end_due_at IS NOT NULL;
CREATE INDEX attempt_args ON attempt (uses, args_hash, seq);
CREATE INDEX attempt_undoes ON attempt (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX attempt_result ON attempt (seq) WHERE result IS NOT NULL;

-- What the last look at a containment in force found, and since when that stands.
CREATE TABLE containment_check (
  attempt_id TEXT PRIMARY KEY REFERENCES attempt (id),
  checked_at INTEGER NOT NULL,
  standing TEXT NOT NULL CHECK (${oneOf('standing', ['holds', 'drifted', 'unreadable'])}),
  found TEXT NOT NULL CHECK (json_valid(found)),
  since INTEGER NOT NULL
) STRICT;

CREATE TABLE approval (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  action_id TEXT NOT NULL UNIQUE REFERENCES action (id),
  bound_hash TEXT NOT NULL,
  bound TEXT NOT NULL CHECK (json_valid(bound)),
  plan TEXT NOT NULL CHECK (json_valid(plan)),
  editable INTEGER NOT NULL CHECK (editable IN (0, 1)),
  reason TEXT NOT NULL DEFAULT '',
  -- Which cap made it wait, where the policy would not have asked.
  beyond_cap TEXT NOT NULL DEFAULT '',
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
