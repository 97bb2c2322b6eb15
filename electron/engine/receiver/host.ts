import { refusal, type Refusal } from './refusal.ts'

/** The port that clients leave out of `Host`. */
const HTTP_PORT = 80

export interface HostRule {
  port: number
  /** Names of tunnels, as `--allow-host` gave them. */
  allowHosts: readonly string[]
}

/**
 * Which name the request was sent to. A page of another site that was re-bound to 127.0.0.1 carries its own name here,
 * and nothing else tells it from a local sender: so exactly one `Host`, and exactly ours, in whatever case.
 * @param rawHeaders Node's flat list; `headers.host` would hide a second one
 */
export function checkHost(rawHeaders: readonly string[], rule: HostRule): 'own' | 'tunnel' | Refusal {
  const hosts = headerValues(rawHeaders, 'host')
  const [given] = hosts
  if (hosts.length !== 1 || given === undefined) return refused('a request names exactly one Host')
  const host = given.toLowerCase()
  if (ownHosts(rule.port).includes(host)) return 'own'
  if (rule.allowHosts.some((name) => name.toLowerCase() === host)) return 'tunnel'
  return refused(
    `send to 127.0.0.1:${rule.port} or localhost:${rule.port}; a tunnel's name is admitted by --allow-host`,
  )
}

/** Every value of one header in the order sent. @param name in lower case */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const value = rawHeaders[index + 1]
    if (value !== undefined && rawHeaders[index]?.toLowerCase() === name) values.push(value)
  }
  return values
}

function ownHosts(port: number): string[] {
  const names = ['127.0.0.1', 'localhost']
  return [...names.map((name) => `${name}:${port}`), ...(port === HTTP_PORT ? names : [])]
}

function refused(why: string): Refusal {
  return refusal(403, 'host_not_allowed', `host refused: ${why}`)
}
