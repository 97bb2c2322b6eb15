import type { JsonValue } from '../../../shared/model/json.ts'

/** A value of a state in words. */
export function said(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return 'none'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
