import type { NewId } from '../forms/derived-id.ts'
import { tidy } from '../policy/attributes.ts'
import { alertIdOf } from '../report/deepalert/alert-id.ts'
import type { DeepAlertAlert } from '../report/deepalert/deepalert-alert.ts'
import type { AlertDraft } from './alert-policy.ts'

/**
 * The alert that an event in DeepAlert's form is where no package `alert.deepalert` says otherwise. Alerts of one cause are
 * one row of the inbox.
 * @param newId makes the ids of its attributes
 */
export function draftOf(alert: DeepAlertAlert, newId: NewId): AlertDraft {
  const { detector, rule_id: ruleId, rule_name: ruleName, alert_key: alertKey, description } = alert
  const attributes = (alert.attributes ?? []).map(({ key, value, type }) => ({ key, value, type }))
  return {
    title: ruleName || ruleId,
    description,
    source: detector,
    namespace: '',
    severity: 'info',
    attrs: tidy(
      attributes.map((attribute) => ({ ...attribute, id: '', persist: false, ttl: 0 })),
      newId,
    ),
    refs: [],
    tags: [],
    dedupKey: alertIdOf(detector, ruleId, alertKey),
    detector,
    ruleId,
    alertKey,
  }
}
