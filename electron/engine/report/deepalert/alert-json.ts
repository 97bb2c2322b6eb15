import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { reportAttributeOf } from '../report-attributes.ts'
import { DEEPALERT_SCHEMA, MAX_BODY, type DeepAlertAlert } from './deepalert-alert.ts'
import { readAlert, unwrapMessage } from './read-alert.ts'
import { plainAttribute } from './report-json.ts'
import { timeText } from './time-text.ts'

/** An alert of any schema, with its event as JSON text where that is at hand. */
export interface AlertFacts {
  schema: string
  title: string
  description: string
  /** Epoch ms. */
  createdAt: number
  attrs: readonly Attribute[]
  event: string | null
}

/** What all alerts of one report have in common. */
interface Cause {
  detector: string
  ruleId: string
  alertKey: string
}

/**
 * An alert of a report in DeepAlert's form: as it was sent where it came in that form, else made of what the desk knows of
 * it, with its event as `body` where that is no larger than DeepAlert's limit.
 */
export function alertJson(alert: AlertFacts, { detector, ruleId, alertKey }: Cause): DeepAlertAlert {
  const cause = { detector, rule_id: ruleId, alert_key: alertKey }
  const { schema, title, description, createdAt, attrs, event } = alert
  if (schema === DEEPALERT_SCHEMA && event !== null) {
    const given = readAlert(unwrapMessage(event).text)
    if ('alert' in given) return { ...given.alert, ...cause }
  }
  const isWhole = event !== null && event.length <= MAX_BODY
  return {
    detector,
    rule_name: title,
    rule_id: ruleId,
    alert_key: alertKey,
    description,
    timestamp: timeText(createdAt),
    attributes: attrs.length === 0 ? null : attrs.map((attribute) => plainAttribute(reportAttributeOf(attribute))),
    ...(isWhole ? { body: JSON.parse(event) as JsonValue } : {}), // it was taken as JSON
  }
}
