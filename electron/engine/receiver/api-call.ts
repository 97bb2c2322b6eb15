import type { ApiRead, ApiView } from '../report/report-api.ts'

/** What DeepAlert's API is asked for: to take an alert, or to read. */
export type ApiCall = 'take' | ApiRead

const VIEWS: ReadonlySet<string> = new Set<ApiView>(['alert', 'section', 'attribute'])

/** Everything below `/api/` is that API's, and speaks its `X-API-KEY`. @param rawPath as sent */
export function isApiPath(rawPath: string): boolean {
  return rawPath.startsWith('/api/')
}

/**
 * DeepAlert's routes: `POST /api/v1/alert`, `GET /api/v1/alert/{alert_id}/report`,
 * `GET /api/v1/report/{report_id}[/alert|/section|/attribute]`.
 * @param segments of the path, each decoded; null where that cannot be done
 * @returns null for every other path and method
 */
export function apiCallOf(method: string, segments: readonly (string | null)[]): ApiCall | null {
  const [, version, kind, id, part, ...more] = segments
  if (version !== 'v1' || more.length > 0) return null
  if (method === 'POST') return kind === 'alert' && id === undefined ? 'take' : null
  if (method !== 'GET' || !id) return null
  if (kind === 'alert') return part === 'report' ? { alertId: id } : null
  if (kind !== 'report') return null
  if (part === undefined) return { reportId: id, view: 'report' }
  return isView(part) ? { reportId: id, view: part } : null
}

function isView(part: string | null): part is ApiView {
  return part !== null && VIEWS.has(part)
}
