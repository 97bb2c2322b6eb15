import type { ReportAttribute } from '../../../../shared/model/report.ts'
import { sha256 } from '../../forms/canonical.ts'
import { byteOrder, escapeHtml } from '../../forms/event-forms.ts'

/**
 * By what an attribute is known within its report: SHA-256 of its compact JSON in DeepAlert's key order, escaped as Go does
 * it, contexts in the order of their bytes. DeepAlert hashes the timestamp as well, so that the same address with another
 * time is inspected again; here it is left out. No context at all, `[]`, is hashed as `null`, as DeepAlert reads it when the
 * field is absent.
 * @param attribute is not changed
 */
export function attributeHash({
  type,
  key,
  value,
  context,
}: Pick<ReportAttribute, 'type' | 'key' | 'value' | 'context'>): string {
  const contexts = context.length === 0 ? null : context.map((word) => word.toWellFormed()).toSorted(byteOrder)
  const [typeText, keyText, valueText] = [type, key, value].map((text) => text.toWellFormed())
  const form = { type: typeText, key: keyText, value: valueText, context: contexts }
  return sha256(escapeHtml(JSON.stringify(form)))
}
