/** Of a chain `c` about a report: the report as `r`, its state, and the last alert of that as `x`. */
export const SUBJECT_REPORT = `LEFT JOIN report_state AS s ON c.subject_kind = 'report' AND s.id = c.subject_id
  LEFT JOIN report AS r ON r.seq = s.report_seq LEFT JOIN alert AS x ON x.seq = s.last_alert_seq`
