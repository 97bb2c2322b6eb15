import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const ADGUARD_USER = 'desk'
export const ADGUARD_DOMAIN = 'evil.example.com'
export const RULES_PATH = '/control/filtering/status'
export const SET_RULES_PATH = '/control/filtering/set_rules'
export const CHECK_PATH = '/control/filtering/check_host'

/** The custom rules that are there from the start. */
export const ADGUARD_RULES = ['! mine', '', '||ads.example.net^', '  ||spaced.example.net^ ', '@@||good.example.net^']

export interface FakeAdguard {
  remote: FakeRemote
  /** What somebody else writes in the web interface. */
  write: (rules: string[]) => void
  rules: () => string[]
  /** Something happens once, right after the next list was written. */
  afterWrite: (happens: () => void) => void
  setFiltering: (isOn: boolean) => void
  setProtection: (isOn: boolean) => void
  /** Checks of a name after a change that are still answered by the old rules. */
  lag: (looks: number) => void
  /** Lists that were written. */
  changes: () => string[]
}

/**
 * AdGuard Home as its OpenAPI has it (operations `filteringStatus`, `filteringSetRules`, `filteringCheckHost`, `status`; models
 * `FilterStatus`, `SetRulesRequest`, `FilterCheckHostResponse`, `ServerStatus`). It takes no other method, path, parameter, field or
 * content type. Of the rules it knows `||name^` and `@@||name^`.
 */
export async function startFakeAdguard(password: string): Promise<FakeAdguard> {
  let rules = [...ADGUARD_RULES]
  let loaded = rules
  let isFiltering = true
  let isProtecting = true
  let lag = 0
  let left = 0
  let afterWrite = (): void => {}
  const changes: string[] = []

  const setRules = (body: string): Reply => {
    const sent = JSON.parse(body) as { rules?: unknown }
    const { rules: next } = sent
    const isList = Array.isArray(next) && next.every((rule) => typeof rule === 'string')
    if (Object.keys(sent).join() !== 'rules' || !isList) return refused(400, 'reading req: bad form')
    changes.push(next.length > rules.length ? 'add' : 'remove')
    left = lag
    loaded = lag > 0 ? rules : next
    rules = next
    const happens = afterWrite
    afterWrite = () => {}
    happens()
    return { body: '', headers: { 'content-type': 'text/plain' } }
  }
  const check = (query: URLSearchParams): Reply => {
    if ([...query.keys()].join() !== 'name') return refused(400, 'query parameter "name" is required')
    if (left > 0) left -= 1
    else loaded = rules
    const name = query.get('name') ?? ''
    const matches = (prefix: string): string | undefined =>
      loaded.find((rule) => {
        const [, found = ''] = new RegExp(`^${prefix}\\|\\|([^^]+)\\^$`).exec(rule.trim().toLowerCase()) ?? []
        return found !== '' && `.${name}`.endsWith(`.${found}`)
      })
    const [allowing, blocking] = [matches('@@'), matches('')]
    if (allowing !== undefined) return checked('NotFilteredWhiteList', allowing)
    return blocking === undefined ? checked('NotFilteredNotFound') : checked('FilteredBlackList', blocking)
  }
  const answer = ({ method, path, query, headers, body }: Received): Reply => {
    const logIn = `Basic ${Buffer.from(`${ADGUARD_USER}:${password}`).toString('base64')}`
    if (headers['authorization'] !== logIn) return refused(401, 'Unauthorized')
    const call = `${method} ${path}`
    if (call === `GET ${CHECK_PATH}`) return check(query)
    if (query.size > 0 || (method === 'GET' && body !== '')) return refused(400, 'unknown parameter')
    if (call === `POST ${SET_RULES_PATH}`) {
      return headers['content-type'] === 'application/json' ? setRules(body) : refused(415, 'only JSON')
    }
    if (call === 'GET /control/status') {
      return good({
        dns_addresses: ['127.0.0.1'],
        dns_port: 53,
        http_port: 80,
        protection_enabled: isProtecting,
        protection_disabled_duration: 0,
        running: true,
        version: 'v0.107.67',
        language: 'en',
      })
    }
    if (call !== `GET ${RULES_PATH}`) return refused(404, 'no such route')
    return good({
      filters: null,
      whitelist_filters: null,
      user_rules: rules.length === 0 ? null : rules,
      interval: 24,
      enabled: isFiltering,
    })
  }
  return {
    remote: await FakeRemote.start({ service: answer }),
    write: (next) => void (rules = loaded = next),
    rules: () => rules,
    afterWrite: (happens) => void (afterWrite = happens),
    setFiltering: (isOn) => void (isFiltering = isOn),
    setProtection: (isOn) => void (isProtecting = isOn),
    lag: (looks) => void (lag = looks),
    changes: () => changes,
  }
}

function checked(reason: string, rule?: string): Reply {
  const rules = rule === undefined ? [] : [{ text: rule, filter_list_id: 0 }]
  return good({ reason, rule: rule ?? '', rules, service_name: '', cname: '', ip_addrs: null, filter_id: 0 })
}

function good(content: object): Reply {
  return { body: JSON.stringify(content) }
}

function refused(status: number, message: string): Reply {
  return { status, body: `${message}\n`, headers: { 'content-type': 'text/plain' } }
}
