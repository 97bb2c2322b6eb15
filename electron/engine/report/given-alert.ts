import type { JsonValue } from '../../../shared/model/json.ts'
import type { ReportAttribute } from '../../../shared/model/report.ts'
import { DEEPALERT_SCHEMA } from './deepalert/deepalert-alert.ts'
import { readAlert, unwrapMessage } from './deepalert/read-alert.ts'
import { bounded } from './report-attributes.ts'

/**
 * What an event in DeepAlert's form says beyond its alert; null where it came in another form, or is none that DeepAlert
 * would take.
 * @param event JSON text
 */
export function givenIn(
  schema: string,
  event: string,
): { attributes: ReportAttribute[]; body: JsonValue | undefined } | null {
  const read = schema === DEEPALERT_SCHEMA ? readAlert(unwrapMessage(event).text) : null
  if (read === null || !('alert' in read)) return null
  const { attributes, body } = read.alert
  const given = (attributes ?? []).map((attribute) => bounded({ ...attribute, context: attribute.context ?? [] }))
  return { attributes: given, body }
}
