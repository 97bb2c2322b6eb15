import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const PIHOLE_DOMAIN = 'evil.example.com'
const DENY = '/api/domains/deny/exact'
export const DENY_PATH = `${DENY}/${PIHOLE_DOMAIN}`

interface Entry {
  domain: string
  type: 'allow' | 'deny'
  kind: 'exact' | 'regex'
  comment: string | null
  groups: number[]
  enabled: boolean
  id: number
  date_added: number
  date_modified: number
}

export interface FakePihole {
  remote: FakeRemote
  /** What somebody else does in the web interface. */
  put: (entry: Partial<Entry>) => void
  remove: (domain: string) => void
  entries: () => Entry[]
  setBlocking: (word: string) => void
  /** Looks after a change that still show the entries as they were. */
  lag: (looks: number) => void
  /** Changes that were carried out. */
  changes: () => string[]
  /** Sessions that are open, and how many there were. */
  sessions: () => { open: number; all: number }
}

/**
 * Pi-hole FTL 6 as its OpenAPI has it (operations `add_auth`, `delete_groups` of `/auth`, `get_domains`, `add_domain`,
 * `replace_domain`, `delete_domain`, `get_search`, `get_blocking`). It takes no other method, path, parameter, field or
 * content type, and nothing without an open session.
 */
export async function startFakePihole(password: string): Promise<FakePihole> {
  let entries: Entry[] = []
  let stale: Entry[] = []
  let blocking = 'enabled'
  let lag = 0
  let left = 0
  let tick = 0
  let logIns = 0
  const open = new Set<string>()
  const changes: string[] = []

  const put = (entry: Partial<Entry>): void => {
    tick += 1
    const { domain = PIHOLE_DOMAIN, type = 'deny', kind = 'exact' } = entry
    const isIt = (one: Entry): boolean => one.domain === domain && one.type === type && one.kind === kind
    const old = entries.find(isIt)
    const fresh = { comment: null, groups: [0], enabled: true, id: tick, date_added: 1_700_000_000 + tick }
    const made: Entry = { ...fresh, ...old, ...entry, domain, type, kind, date_modified: 1_700_000_000 + tick }
    entries = [...entries.filter((one) => !isIt(one)), made]
  }
  const remove = (domain: string): void => {
    entries = entries.filter((one) => one.domain !== domain || one.type !== 'deny' || one.kind !== 'exact')
  }
  const changing = (verb: string, carryOut: () => void): void => {
    stale = entries
    left = lag
    carryOut()
    changes.push(verb)
  }
  const shown = (domain: string): Entry[] => {
    const all = left > 0 ? stale : entries
    if (left > 0) left -= 1
    return all.filter((one) => one.domain === domain && one.type === 'deny' && one.kind === 'exact')
  }
  const logIn = (body: string): Reply => {
    const sent = JSON.parse(body) as Record<string, unknown>
    if (Object.keys(sent).join() !== 'password') return refused(400, 'bad_request', 'No password found in JSON payload')
    if (sent['password'] !== password) return refused(401, 'unauthorized', 'Unauthorized')
    logIns += 1
    const sid = `sid-of-log-in-${logIns}=`
    open.add(sid)
    return good({
      session: { valid: true, totp: false, sid, csrf: 'csrf', validity: 1800, message: 'app-password correct' },
    })
  }
  const write = (method: string, domain: string, fields: Record<string, unknown>): Reply => {
    const names = method === 'POST' ? 'comment,domain,enabled,groups' : 'comment,enabled,groups,kind,type'
    const { groups, enabled, comment } = fields
    const isWhole = Object.keys(fields).toSorted().join() === names && Array.isArray(groups)
    if (!isWhole || typeof enabled !== 'boolean' || (comment !== null && typeof comment !== 'string'))
      return refused(400, 'bad_request', 'fields')
    if (!/^[a-z0-9_.-]+$/.test(domain)) return refused(400, 'bad_request', 'Invalid domain')
    if (
      method === 'POST' &&
      entries.some((one) => one.domain === domain && one.type === 'deny' && one.kind === 'exact')
    ) {
      return processed(201, [], domain, [
        { item: domain, error: 'UNIQUE constraint failed: domainlist.domain, domainlist.type' },
      ])
    }
    changing(method === 'POST' ? 'add' : 'replace', () =>
      put({ domain, groups: groups as number[], enabled, comment: comment === '' ? null : comment }),
    )
    const made = entries.filter((one) => one.domain === domain)
    return processed(method === 'POST' ? 201 : 200, made, domain, [])
  }
  const search = (domain: string, query: URLSearchParams): Reply => {
    if ([...query.keys()].toSorted().join() !== 'N,partial' || query.get('partial') !== 'false')
      return refused(400, 'bad_request', 'parameters')
    const matches = ({ kind, domain: text }: Entry): boolean =>
      kind === 'exact' ? text === domain : new RegExp(text).test(domain)
    const found = entries.filter(matches)
    const domains = {
      exact: found.filter(({ kind }) => kind === 'exact').length,
      regex: found.filter(({ kind }) => kind === 'regex').length,
    }
    const results = { domains, gravity: { allow: 0, block: 0 }, total: found.length }
    return good({ search: { domains: found.slice(0, Number(query.get('N'))), gravity: [], results, parameters: {} } })
  }
  const inSession = ({ method, path, query, body }: Received): Reply => {
    const [, found = ''] = /^\/api\/search\/([^/]+)$/.exec(path) ?? []
    if (method === 'GET' && found !== '') return search(found, query)
    if (query.size > 0) return refused(400, 'bad_request', 'parameters')
    const [, domain = ''] = /^\/api\/domains\/deny\/exact\/([^/]+)$/.exec(path) ?? []
    if (method === 'GET' && path === '/api/dns/blocking') return good({ blocking, timer: null })
    if (method === 'GET' && domain !== '') return good({ domains: shown(domain) })
    if (method === 'PUT' && domain !== '') return write('PUT', domain, JSON.parse(body) as Record<string, unknown>)
    if (method === 'POST' && path === DENY) {
      const fields = JSON.parse(body) as Record<string, unknown>
      return write('POST', String(fields['domain']), fields)
    }
    if (method !== 'DELETE' || domain === '' || body !== '') return refused(404, 'not_found', 'Not found')
    if (!entries.some((one) => one.domain === domain && one.type === 'deny')) return { status: 404, body: '' }
    changing('remove', () => remove(domain))
    return { status: 204, body: '' }
  }
  const answer = (call: Received): Reply => {
    const sid = call.headers['x-ftl-sid'] ?? ''
    const isJson = call.headers['content-type'] === 'application/json'
    if ((call.body !== '') !== isJson) return refused(400, 'bad_request', 'content type')
    if (`${call.method} ${call.path}` === 'POST /api/auth') return logIn(call.body)
    if (!open.has(sid)) return refused(401, 'unauthorized', 'Unauthorized')
    if (call.path !== '/api/auth') return inSession(call)
    open.delete(sid)
    return { status: 204, body: '' }
  }
  return {
    remote: await FakeRemote.start({ service: answer }),
    put,
    remove,
    entries: () => entries,
    setBlocking: (word) => void (blocking = word),
    lag: (looks) => void (lag = looks),
    changes: () => changes,
    sessions: () => ({ open: open.size, all: logIns }),
  }
}

function processed(status: number, domains: Entry[], item: string, errors: object[]): Reply {
  const success = errors.length === 0 ? [{ item }] : []
  return { ...good({ domains, processed: { success, errors } }), status }
}

function good(content: object): Reply {
  return { body: JSON.stringify({ ...content, took: 0.001 }) }
}

function refused(status: number, key: string, message: string): Reply {
  return { status, body: JSON.stringify({ error: { key, message, hint: null }, took: 0.001 }) }
}
