import type { AlertRecord } from '../store/alert-store.ts'
import { DEEPALERT_SCHEMA } from './deepalert/deepalert-alert.ts'
import { valueText } from './report-attributes.ts'

/** What alerts must have in common to be in one report: who found it, by which rule, about what. */
export interface Cause {
  detector: string
  ruleId: string
  alertKey: string
}

/**
 * What the alert policy says, and where it says nothing what an alert of AlertChain has: its source, else its schema;
 * schema and title; the value of its first attribute. An alert in DeepAlert's form that says the first two says the key as
 * well, be it empty.
 */
export function causeOf(
  alert: Pick<AlertRecord, 'detector' | 'ruleId' | 'alertKey' | 'source' | 'schema' | 'title' | 'attrs'>,
): Cause {
  const { detector, ruleId, alertKey, source, schema, title, attrs } = alert
  if (schema === DEEPALERT_SCHEMA && detector !== '' && ruleId !== '') return { detector, ruleId, alertKey }
  const [first] = attrs
  return {
    detector: detector || source || schema,
    ruleId: ruleId || `${schema}: ${title}`,
    alertKey: alertKey || (first === undefined ? '' : valueText(first.value)),
  }
}
