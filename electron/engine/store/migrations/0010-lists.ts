/** The place of a severity, the worst first. */
function rank(column: string): string {
  return `instr('critical high medium low info', ${column})`
}

/** What lists and counts read: derived, small, and changed by triggers in the transaction of the rows they follow. */
export const LIST_TABLES = `
-- One row of the inbox: the alerts of one key (its occurrences). It stands where its newest alert stands.
CREATE TABLE inbox_row (
  -- Of its first alert: a name that stays.
  id INTEGER PRIMARY KEY,
  dedup_key TEXT NOT NULL UNIQUE,
  last_seq INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  occurrences INTEGER NOT NULL,
  -- How many of its alerts are in each open state; what is in progress stays so when a further one comes.
  new_count INTEGER NOT NULL,
  in_progress_count INTEGER NOT NULL,
  triage TEXT NOT NULL GENERATED ALWAYS AS (
    CASE WHEN in_progress_count > 0 THEN 'in_progress' WHEN new_count > 0 THEN 'new' ELSE 'closed' END) STORED,
  -- The last one given.
  verdict TEXT,
  -- The worst since the row was last closed: a later mild one hides nothing.
  severity TEXT NOT NULL,
  source TEXT NOT NULL,
  -- How many actions of its alerts wait for the analyst.
  waiting INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_row_last ON inbox_row (last_seq, triage, severity, source, waiting);
CREATE INDEX inbox_row_waiting ON inbox_row (last_seq) WHERE waiting > 0;

CREATE TABLE alert_list (
  seq INTEGER PRIMARY KEY,
  row_id INTEGER NOT NULL,
  triage TEXT NOT NULL,
  verdict TEXT,
  -- How many actions of chains about the alert wait for the analyst.
  waiting INTEGER NOT NULL
) STRICT;

-- Rows of the inbox, not alerts.
CREATE TABLE alert_count (
  triage TEXT NOT NULL,
  severity TEXT NOT NULL,
  source TEXT NOT NULL,
  is_waiting INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (triage, severity, source, is_waiting)
) STRICT, WITHOUT ROWID;

-- The last version of every persistent record.
CREATE TABLE persistent_attribute_head (
  namespace TEXT NOT NULL,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_count (
  source_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (source_id, outcome)
) STRICT, WITHOUT ROWID;
`

/** Keep the tables above true whoever writes the rows. */
export const LIST_TRIGGERS = `
CREATE TRIGGER alert_listed AFTER INSERT ON alert BEGIN
  INSERT INTO inbox_row (id, dedup_key, last_seq, first_at, occurrences, new_count, in_progress_count, severity, source,
      waiting)
    VALUES (new.seq, new.dedup_key, new.seq, new.created_at, 1, 1, 0, new.severity, new.source, 0)
    ON CONFLICT (dedup_key) DO UPDATE SET last_seq = excluded.last_seq, occurrences = occurrences + 1,
      new_count = new_count + 1, source = excluded.source,
      severity = iif(triage = 'closed' OR ${rank('excluded.severity')} < ${rank('severity')}, excluded.severity, severity);
  INSERT INTO alert_list
    SELECT new.seq, id, 'new', NULL, 0 FROM inbox_row WHERE dedup_key = new.dedup_key;
END;

CREATE TRIGGER inbox_row_counted AFTER INSERT ON inbox_row BEGIN
  INSERT INTO alert_count VALUES (new.triage, new.severity, new.source, new.waiting > 0, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER inbox_row_recounted AFTER UPDATE ON inbox_row
WHEN old.triage <> new.triage OR old.severity <> new.severity OR old.source <> new.source
  OR (old.waiting > 0) <> (new.waiting > 0) BEGIN
  UPDATE alert_count SET count = count - 1
    WHERE triage = old.triage AND severity = old.severity AND source = old.source AND is_waiting = (old.waiting > 0);
  INSERT INTO alert_count VALUES (new.triage, new.severity, new.source, new.waiting > 0, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER alert_relisted AFTER UPDATE ON alert_list BEGIN
  UPDATE inbox_row SET
    new_count = new_count + (new.triage = 'new') - (old.triage = 'new'),
    in_progress_count = in_progress_count + (new.triage = 'in_progress') - (old.triage = 'in_progress'),
    verdict = new.verdict,
    waiting = waiting + new.waiting - old.waiting
    WHERE id = new.row_id;
END;

CREATE TRIGGER alert_triaged AFTER INSERT ON act WHEN new.kind = 'alert.triage' BEGIN
  UPDATE alert_list SET triage = new.after ->> '$.state', verdict = new.after ->> '$.verdict'
    WHERE seq = (SELECT seq FROM alert WHERE id = new.subject_id);
END;

CREATE TRIGGER action_proposed AFTER INSERT ON action WHEN new.state IN ('waiting', 'unknown') BEGIN
  UPDATE alert_list SET waiting = waiting + 1 WHERE seq IN (
    SELECT s.alert_seq FROM chain AS c JOIN subject_alert AS s ON s.subject_kind = c.subject_kind AND s.subject_id = c.subject_id
    WHERE c.id = new.chain_id);
END;

CREATE TRIGGER action_moved AFTER UPDATE OF state ON action
WHEN (old.state IN ('waiting', 'unknown')) <> (new.state IN ('waiting', 'unknown')) BEGIN
  UPDATE alert_list SET waiting = waiting + iif(new.state IN ('waiting', 'unknown'), 1, -1) WHERE seq IN (
    SELECT s.alert_seq FROM chain AS c JOIN subject_alert AS s ON s.subject_kind = c.subject_kind AND s.subject_id = c.subject_id
    WHERE c.id = new.chain_id);
END;

CREATE TRIGGER persistent_attribute_written AFTER INSERT ON persistent_attribute BEGIN
  INSERT INTO persistent_attribute_head VALUES (new.namespace, new.id, new.seq)
    ON CONFLICT DO UPDATE SET seq = excluded.seq;
END;

CREATE TRIGGER event_counted AFTER INSERT ON event BEGIN
  INSERT INTO event_count VALUES (new.source_id, new.outcome, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER event_recounted AFTER UPDATE OF outcome ON event WHEN old.outcome <> new.outcome BEGIN
  UPDATE event_count SET count = count - 1 WHERE source_id = old.source_id AND outcome = old.outcome;
  INSERT INTO event_count VALUES (new.source_id, new.outcome, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
`
