import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const CLOUDFLARE_ACCOUNT = '023e105f4ecef8ad9ca31a8372d0c353'
export const CLOUDFLARE_LIST = '2c0fc9fa937b11eaa1b71c4d701ab86e'
const LISTS_PATH = `/accounts/${CLOUDFLARE_ACCOUNT}/rules/lists`
export const LIST_PATH = `${LISTS_PATH}/${CLOUDFLARE_LIST}`

interface Item {
  id: string
  ip: string
  comment?: string
  created_on: string
  modified_on: string
}

export interface FakeCloudflare {
  remote: FakeRemote
  /** What somebody else does in the dashboard. */
  add: (ip: string, comment?: string) => void
  remove: (ip: string) => void
  items: () => Item[]
  /** The kind of the list: `ip` unless told. */
  setKind: (kind: string) => void
  kind: () => string
  /** Looks at the items after a change that still show them as they were; its operation runs as long. */
  lag: (looks: number) => void
  /** The next operation fails with these words. */
  failNext: (error: string) => void
  /** Items of a page, whatever is asked for. */
  setPage: (items: number) => void
  /** Changes that were carried out. */
  changes: () => string[]
}

/**
 * Cloudflare's "Rules Lists" as its OpenAPI has it (operations `lists-get-a-list`, `lists-get-list-items`,
 * `lists-create-list-items`, `lists-delete-list-items`, `lists-get-bulk-operation-status`; models `lists-list`,
 * `lists-list-item-ip-full`, `lists-bulk-operation`). It takes no other method, path, parameter, field or content type, no
 * address that a list does not take, and no second change while one runs.
 */
export async function startFakeCloudflare(token: string): Promise<FakeCloudflare> {
  let items: Item[] = []
  let stale: Item[] = []
  let kind = 'ip'
  let lag = 0
  let left = 0
  let page = 500
  let tick = 0
  let failure = ''
  let operation = { id: '', error: '' }
  const changes: string[] = []

  const add = (ip: string, comment?: string): void => {
    tick += 1
    const at = `2026-01-02T00:00:${String(tick).padStart(2, '0')}Z`
    const id = tick.toString(16).padStart(32, '0')
    items = [
      ...items.filter((item) => item.ip !== ip),
      { id, ip, ...(comment === undefined ? {} : { comment }), created_on: at, modified_on: at },
    ]
  }
  const change = (name: string, carryOut: () => void): Reply => {
    if (left > 0) return refused(429, 10_014, 'a bulk operation is already in progress')
    operation = { id: `4da8780eeb215e6cb7f48dd981c4ea${String(tick).padStart(2, '0')}`, error: failure }
    if (failure === '') {
      stale = items
      left = lag
      carryOut()
      changes.push(name)
    }
    failure = ''
    return good({ operation_id: operation.id })
  }
  const create = (body: unknown): Reply => {
    if (!Array.isArray(body) || body.length === 0) return refused(400, 10_001, 'the body is no list of items')
    const wrong = body.find((item: unknown) => !isNewItem(item)) as unknown
    if (wrong !== undefined) return refused(400, 10_021, `item is not valid: ${JSON.stringify(wrong)}`)
    return change('add', () =>
      (body as { ip: string; comment?: string }[]).forEach(({ ip, comment }) => add(ip, comment)),
    )
  }
  const remove = (body: unknown): Reply => {
    const ids = idsOf(body)
    if (ids === null) return refused(400, 10_001, 'the body is no list of ids')
    if (ids.some((id) => !items.some((item) => item.id === id))) return refused(404, 10_003, 'no such item')
    return change('remove', () => void (items = items.filter(({ id }) => !ids.includes(id))))
  }
  const list = (query: URLSearchParams): Reply => {
    const size = Math.min(page, Number(query.get('per_page') ?? 25))
    if (
      [...query.keys()].some((name) => !['per_page', 'cursor', 'search'].includes(name)) ||
      !(size >= 1 && size <= 500)
    )
      return refused(400, 10_001, 'unknown parameter')
    const shown = left > 0 ? stale : items
    if (left > 0) left -= 1
    const from = Number(query.get('cursor')?.replace('after-', '') ?? 0)
    const found = shown.filter(({ ip }) => ip.startsWith(query.get('search') ?? ''))
    const after = from + size < found.length ? { after: `after-${from + size}` } : {}
    return good(found.slice(from, from + size), { result_info: { cursors: after } })
  }
  const answer = ({ method, path, query, headers, body }: Received): Reply => {
    if (headers['authorization'] !== `Bearer ${token}`) return refused(401, 10_000, 'Authentication error')
    if ((body !== '') !== (headers['content-type'] === 'application/json')) return refused(400, 10_001, 'content type')
    if (`${method} ${path}` === `GET ${LIST_PATH}/items`) return list(query)
    if (query.size > 0) return refused(400, 10_001, 'unknown parameter')
    switch (`${method} ${path}`) {
      case `GET ${LIST_PATH}`:
        return good({
          id: CLOUDFLARE_LIST,
          name: 'blocked',
          kind,
          num_items: items.length,
          num_referencing_filters: 1,
          created_on: '2025-01-01T00:00:00Z',
          modified_on: '2025-01-01T00:00:00Z',
        })
      case `POST ${LIST_PATH}/items`:
        return create(JSON.parse(body))
      case `DELETE ${LIST_PATH}/items`:
        return remove(JSON.parse(body))
      case `GET ${LISTS_PATH}/bulk_operations/${operation.id}`:
        return good(statusOf(operation, left > 0))
      default:
        return refused(404, 10_000, 'no such list')
    }
  }
  return {
    remote: await FakeRemote.start({ service: answer }),
    add,
    remove: (ip) => void (items = items.filter((item) => item.ip !== ip)),
    items: () => items,
    setKind: (word) => void (kind = word),
    kind: () => kind,
    lag: (looks) => void (lag = looks),
    failNext: (error) => void (failure = error),
    setPage: (size) => void (page = size),
    changes: () => changes,
  }
}

function statusOf({ id, error }: { id: string; error: string }, isRunning: boolean): object {
  if (error !== '') return { id, status: 'failed', error, completed: '2026-01-02T00:00:00Z' }
  return isRunning ? { id, status: 'running' } : { id, status: 'completed', completed: '2026-01-02T00:00:00Z' }
}

/** Of the formats that custom lists take: IPv4 with /8 to /32, IPv6 with /12 to /64. */
function isNewItem(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false
  const { ip, comment = '', ...rest } = item as Record<string, unknown>
  if (typeof ip !== 'string' || typeof comment !== 'string' || comment.length > 500 || Object.keys(rest).length > 0)
    return false
  const [, bits = '32'] = /^\d{1,3}(?:\.\d{1,3}){3}(?:\/(\d+))?$/.exec(ip) ?? [null, '0']
  const [, prefix = '0'] = /^[0-9a-f:]+\/(\d+)$/.exec(ip) ?? []
  return (Number(bits) >= 8 && Number(bits) <= 32) || (Number(prefix) >= 12 && Number(prefix) <= 64)
}

function idsOf(body: unknown): string[] | null {
  const items = (body as { items?: unknown } | null)?.items
  if (!Array.isArray(items) || Object.keys(body as object).length !== 1 || items.length === 0) return null
  const isOnlyId = (item: unknown): boolean =>
    typeof item === 'object' && item !== null && Object.keys(item).join() === 'id'
  return items.every(isOnlyId) ? items.map(({ id }: { id: string }) => id) : null
}

function good(result: unknown, more: object = {}): Reply {
  return { body: JSON.stringify({ result, success: true, errors: [], messages: [], ...more }) }
}

function refused(status: number, code: number, message: string): Reply {
  return { status, body: JSON.stringify({ result: null, success: false, errors: [{ code, message }], messages: [] }) }
}
