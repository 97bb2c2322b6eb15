import { oneOf } from './one-of.ts'

/**
 * DeepAlert's half: alerts of one cause gather in a report; what they name is inspected, the whole is graded, each of its
 * states may be carried out by a chain. A report follows its alerts by a watermark.
 */
export const REPORTS = `
CREATE TABLE report (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  -- DeepAlert's alert id: the hash of detector, rule and key.
  cause TEXT NOT NULL,
  detector TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  alert_key TEXT NOT NULL,
  -- Of its first alert, as is the time: the window is fixed from it on.
  title TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  closes_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (${oneOf('status', ['new', 'more', 'published'])}),
  -- What stands: the analyst's word, else the policy's last.
  severity TEXT CHECK (${oneOf('severity', ['safe', 'unclassified', 'urgent'])}),
  reason TEXT NOT NULL DEFAULT '',
  graded_by TEXT CHECK (${oneOf('graded_by', ['policy', 'analyst'])}),
  graded_at INTEGER,
  alert_count INTEGER NOT NULL,
  last_alert_seq INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  -- Its persisted timers, epoch ms: null where there is nothing to wait for.
  inspect_at INTEGER,
  review_at INTEGER,
  -- Something came that no review has seen.
  is_review_due INTEGER NOT NULL DEFAULT 0 CHECK (is_review_due IN (0, 1)),
  -- Why it takes no further attributes: their number, or how far they lead.
  stopped TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX report_cause ON report (cause, seq);
CREATE INDEX report_last ON report (last_at, seq);
CREATE INDEX report_severity ON report (severity, last_at);
CREATE INDEX report_inspect ON report (inspect_at) WHERE inspect_at IS NOT NULL;
CREATE INDEX report_review ON report (review_at) WHERE review_at IS NOT NULL;

CREATE TABLE report_alert (
  alert_seq INTEGER PRIMARY KEY REFERENCES alert (seq),
  report_seq INTEGER NOT NULL REFERENCES report (seq)
) STRICT;
CREATE INDEX report_alert_report ON report_alert (report_seq, alert_seq);

-- What is looked up, once per report: the same one with another time is the same.
CREATE TABLE report_attribute (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  report_seq INTEGER NOT NULL REFERENCES report (seq),
  hash TEXT NOT NULL,
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  context TEXT NOT NULL CHECK (json_valid(context)),
  timestamp TEXT,
  -- 0: an alert named it; else how many findings lead to it.
  depth INTEGER NOT NULL,
  -- The inspection that brought it up; null where an alert did.
  inspection_id TEXT,
  at INTEGER NOT NULL,
  -- Its inspections were decided on.
  inspected_at INTEGER,
  UNIQUE (report_seq, hash)
) STRICT;
CREATE INDEX report_attribute_open ON report_attribute (report_seq, seq) WHERE inspected_at IS NULL;
CREATE INDEX report_attribute_value ON report_attribute (value, type);

-- One question to the world, for all reports that ask it.
CREATE TABLE lookup (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  uses TEXT NOT NULL,
  args TEXT NOT NULL CHECK (json_valid(args)),
  args_hash TEXT NOT NULL,
  -- What a service counts calls by: the action and the key that it is given.
  rate_key TEXT NOT NULL,
  state TEXT NOT NULL CHECK (${oneOf('state', ['waiting', 'running', 'succeeded', 'failed'])}),
  tries INTEGER NOT NULL DEFAULT 0,
  asked_at INTEGER NOT NULL,
  next_at INTEGER,
  tried_at INTEGER,
  answered_at INTEGER,
  result TEXT CHECK (result IS NULL OR json_valid(result)),
  error TEXT CHECK (error IS NULL OR json_valid(error))
) STRICT;
CREATE INDEX lookup_args ON lookup (uses, args_hash, seq);
CREATE INDEX lookup_next ON lookup (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX lookup_tried ON lookup (tried_at) WHERE tried_at IS NOT NULL;
CREATE INDEX lookup_running ON lookup (seq) WHERE state = 'running';
CREATE INDEX lookup_rate ON lookup (rate_key, tried_at) WHERE tried_at IS NOT NULL;

-- What a policy wanted to know of one attribute of one report.
CREATE TABLE inspection (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  report_seq INTEGER NOT NULL REFERENCES report (seq),
  attribute_seq INTEGER NOT NULL REFERENCES report_attribute (seq),
  decision_id TEXT NOT NULL,
  uses TEXT NOT NULL,
  args TEXT NOT NULL CHECK (json_valid(args)),
  lookup_id TEXT REFERENCES lookup (id),
  state TEXT NOT NULL CHECK (${oneOf('state', ['waiting', 'succeeded', 'failed', 'skipped'])}),
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  asked_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;
CREATE INDEX inspection_report ON inspection (report_seq, state);
CREATE INDEX inspection_attribute ON inspection (attribute_seq, seq);
CREATE INDEX inspection_lookup ON inspection (lookup_id) WHERE lookup_id IS NOT NULL;

CREATE TABLE finding (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  report_seq INTEGER NOT NULL REFERENCES report (seq),
  attribute_seq INTEGER NOT NULL REFERENCES report_attribute (seq),
  inspection_id TEXT NOT NULL REFERENCES inspection (id),
  -- The action that found it, or what the policy called itself.
  author TEXT NOT NULL,
  type TEXT NOT NULL CHECK (${oneOf('type', ['user', 'host', 'binary', 'result'])}),
  content TEXT NOT NULL CHECK (json_valid(content)),
  summary TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX finding_report ON finding (report_seq, seq);

CREATE TABLE review (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  report_seq INTEGER NOT NULL REFERENCES report (seq),
  at INTEGER NOT NULL,
  by TEXT NOT NULL CHECK (by IN ('policy', 'analyst')),
  severity TEXT NOT NULL CHECK (${oneOf('severity', ['safe', 'unclassified', 'urgent'])}),
  reason TEXT NOT NULL,
  -- Null where no policy decided.
  decision_id TEXT,
  alert_count INTEGER NOT NULL,
  finding_count INTEGER NOT NULL,
  -- How many inspections had not answered.
  open_count INTEGER NOT NULL
) STRICT;
CREATE INDEX review_report ON review (report_seq, seq);

-- A report as it was when something was made known: what its chain is about. The rows up to these are in it.
CREATE TABLE report_state (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  report_seq INTEGER NOT NULL REFERENCES report (seq),
  at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (${oneOf('status', ['new', 'more', 'published'])}),
  severity TEXT NOT NULL CHECK (severity IN ('', 'safe', 'unclassified', 'urgent')),
  reason TEXT NOT NULL,
  alert_count INTEGER NOT NULL,
  -- The last so many alerts are in it.
  first_alert_seq INTEGER NOT NULL,
  last_alert_seq INTEGER NOT NULL,
  last_attribute_seq INTEGER NOT NULL,
  last_finding_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX report_state_report ON report_state (report_seq, seq);

-- How far alerts were followed into reports.
CREATE TABLE report_mark (id INTEGER PRIMARY KEY CHECK (id = 1), alert_seq INTEGER NOT NULL) STRICT;
INSERT INTO report_mark VALUES (1, 0);
`
