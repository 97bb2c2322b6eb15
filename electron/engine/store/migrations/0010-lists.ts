/** What lists and counts read: derived, small, and changed by triggers in the transaction of the rows they follow. */
export const LIST_TABLES = `
CREATE TABLE alert_list (
  seq INTEGER PRIMARY KEY,
  severity TEXT NOT NULL,
  source TEXT NOT NULL,
  triage TEXT NOT NULL,
  verdict TEXT,
  -- How many of the alert's actions wait for the analyst.
  waiting INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_list_waiting ON alert_list (seq) WHERE waiting > 0;

CREATE TABLE alert_count (
  triage TEXT NOT NULL,
  severity TEXT NOT NULL,
  source TEXT NOT NULL,
  is_waiting INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (triage, severity, source, is_waiting)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_occurrence (
  dedup_key TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_seq INTEGER NOT NULL
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
  INSERT INTO alert_list VALUES (new.seq, new.severity, new.source, 'new', NULL, 0);
  INSERT INTO alert_occurrence VALUES (new.dedup_key, 1, new.created_at, new.seq)
    ON CONFLICT DO UPDATE SET count = count + 1, last_seq = excluded.last_seq;
END;

CREATE TRIGGER alert_counted AFTER INSERT ON alert_list BEGIN
  INSERT INTO alert_count VALUES (new.triage, new.severity, new.source, new.waiting > 0, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER alert_recounted AFTER UPDATE ON alert_list
WHEN old.triage <> new.triage OR (old.waiting > 0) <> (new.waiting > 0) BEGIN
  UPDATE alert_count SET count = count - 1
    WHERE triage = old.triage AND severity = old.severity AND source = old.source AND is_waiting = (old.waiting > 0);
  INSERT INTO alert_count VALUES (new.triage, new.severity, new.source, new.waiting > 0, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER alert_triaged AFTER INSERT ON act WHEN new.kind = 'alert.triage' BEGIN
  UPDATE alert_list SET triage = new.after ->> '$.state', verdict = new.after ->> '$.verdict'
    WHERE seq = (SELECT seq FROM alert WHERE id = new.subject_id);
END;

CREATE TRIGGER action_proposed AFTER INSERT ON action WHEN new.state IN ('waiting', 'unknown') BEGIN
  UPDATE alert_list SET waiting = waiting + 1 WHERE seq = (
    SELECT a.seq FROM chain AS c JOIN alert AS a ON a.id = c.subject_id
    WHERE c.id = new.chain_id AND c.subject_kind = 'alert');
END;

CREATE TRIGGER action_moved AFTER UPDATE OF state ON action
WHEN (old.state IN ('waiting', 'unknown')) <> (new.state IN ('waiting', 'unknown')) BEGIN
  UPDATE alert_list SET waiting = waiting + iif(new.state IN ('waiting', 'unknown'), 1, -1) WHERE seq = (
    SELECT a.seq FROM chain AS c JOIN alert AS a ON a.id = c.subject_id
    WHERE c.id = new.chain_id AND c.subject_kind = 'alert');
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
