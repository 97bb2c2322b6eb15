/** What readers see: each record by itself, whichever row holds it. */
export const VIEWS = `
CREATE VIEW attribute AS
  SELECT a.seq AS alert_seq, j.key AS position, j.value ->> '$.id' AS id, j.value ->> '$.key' AS key,
    j.value -> '$.value' AS value, j.value ->> '$.type' AS type, j.value ->> '$.persist' AS persist,
    j.value ->> '$.ttl' AS ttl
  FROM alert AS a, json_each(a.attrs) AS j;

-- A decision that is part of another row goes by that row's id.
CREATE VIEW event_decision AS
  SELECT 0 AS place, e.seq, e.id, e.decided_at AS at, 'alert' AS kind, 'live' AS purpose, 1 AS is_taken,
    v.policy_version_id, v.policy_form, v.kind AS evaluator, v.build_hash AS evaluator_hash, e.id AS event_id,
    NULL AS chain_id, NULL AS round_no, NULL AS action_id, NULL AS mode, 'null' AS input_parts,
    coalesce(e.input_sha256, e.body_sha256) AS input_sha256, e.output, e.now_ns, e.seed, e.duration_us,
    coalesce(e.prints, '[]') AS prints, e.error
  FROM event AS e JOIN evaluator AS v ON v.seq = e.evaluator;

CREATE VIEW chain_decision AS
  SELECT 1 AS place, c.seq, c.id, c.finished_at AS at, 'run' AS kind, 'live' AS purpose, 1 AS is_taken,
    v.policy_version_id, v.policy_form, v.kind AS evaluator, v.build_hash AS evaluator_hash, a.event_id,
    c.id AS chain_id, 0 AS round_no, NULL AS action_id, c.first_mode AS mode,
    json_object('attrs', json(c.attrs), 'env', json(c.first_env), 'called', json('[]'), 'declined', json('[]'))
      AS input_parts,
    c.first_input_sha256 AS input_sha256, c.first_output AS output, c.first_now_ns AS now_ns, c.first_seed AS seed,
    c.first_duration_us AS duration_us, coalesce(c.first_prints, '[]') AS prints, NULL AS error
  FROM chain AS c JOIN evaluator AS v ON v.seq = c.first_evaluator LEFT JOIN alert AS a ON a.id = c.subject_id;

CREATE VIEW other_decision AS
  SELECT 2 AS place, d.seq, d.id, d.at, d.kind, d.purpose, d.is_taken, v.policy_version_id, v.policy_form,
    v.kind AS evaluator, v.build_hash AS evaluator_hash, d.event_id, d.chain_id, d.round_no, d.action_id, d.mode,
    d.input_parts, d.input_sha256, d.output, d.now_ns, d.seed, d.duration_us, d.prints, d.error
  FROM decision_row AS d JOIN evaluator AS v ON v.seq = d.evaluator;

-- In the order of "place", then "seq".
CREATE VIEW decision AS
  SELECT * FROM event_decision UNION ALL SELECT * FROM chain_decision UNION ALL SELECT * FROM other_decision;

CREATE VIEW round AS
  SELECT seq, chain_id, no, decision_id, attrs_before, init, aborted, started_at, finished_at FROM round_row
  UNION ALL
  SELECT seq, id, 0, id, attrs, 'null', 0, finished_at, finished_at FROM chain WHERE first_evaluator IS NOT NULL;

-- Which alerts a chain's subject is about. Every subject has a branch here, and nothing else names its kind; a subject's
-- alerts never change: a report's chain is about one state of it.
CREATE VIEW subject_alert AS
  SELECT 'alert' AS subject_kind, id AS subject_id, seq AS alert_seq, event_id FROM alert
  UNION ALL
  SELECT 'report', s.id, a.seq, a.event_id
  FROM report_state AS s JOIN report_alert AS r ON r.report_seq = s.report_seq
    AND r.alert_seq BETWEEN s.first_alert_seq AND s.last_alert_seq
  JOIN alert AS a ON a.seq = r.alert_seq;

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

-- With those whose target does not read yet as requested.
CREATE VIEW containment_now AS
  SELECT * FROM active_containment
  UNION ALL
  SELECT * FROM attempt
  WHERE accepted_at IS NOT NULL AND outcome IS NULL AND effect = 'contain' AND undoes IS NULL;

CREATE VIEW policy_now AS
  SELECT v.*, l.since, l.by FROM policy_live AS l JOIN policy_version AS v ON v.id = l.version_id
  WHERE l.seq = (SELECT max(seq) FROM policy_live);
`
