import type { JsonValue } from '../../../shared/model/json.ts'
import type { ReportAttribute } from '../../../shared/model/report.ts'
import type { Handles } from '../secrets/handles.ts'
import { DEEPALERT_SCHEMA } from './deepalert/deepalert-alert.ts'
import { readAlert, unwrapMessage } from './deepalert/read-alert.ts'
import { bounded } from './report-attributes.ts'

/**
 * What an event in DeepAlert's form says beyond its alert; null where it came in another form, or is none that DeepAlert
 * would take.
 * @param event JSON text
 * @param handles what stands for secrets: a message inside the event has escapes of its own, under which it is broken as well
 */
export function givenIn(
  schema: string,
  event: string,
  handles: Handles | null,
): { attributes: ReportAttribute[]; body: JsonValue | undefined } | null {
  if (schema !== DEEPALERT_SCHEMA) return null
  const { text } = unwrapMessage(event)
  const read = readAlert(handles?.broken(text) ?? text)
  if (!('alert' in read)) return null
  const { attributes, body } = read.alert
  const given = (attributes ?? []).map((attribute) => bounded({ ...attribute, context: attribute.context ?? [] }))
  return { attributes: given, body }
}
