import { errorMessage } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { PolicyPort } from '../intake/policy-port.ts'
import { ResultObject } from '../policy/policy-result.ts'
import type { Clock, Ids, Log } from '../ports/ports.ts'
import { refusal, refusalForNow, type Refusal } from './refusal.ts'

const ENTRYPOINT = 'authz/http'

export interface AuthzRequest {
  method: string
  path: string
  query: URLSearchParams
  rawHeaders: readonly string[]
  /** `ip:port` */
  remote: string
  body: Uint8Array
}

export interface AuthzDeps {
  policy: PolicyPort
  /** Real values: this package checks signatures, and its input is never recorded. */
  env: () => Promise<Record<string, string>>
  clock: Clock
  ids: Ids
  log: Log
}

/** `isAllowed`: the package has a rule `allow` that is true. That opens a tunnel's host; for local senders not denying is enough. */
export interface AuthzVerdict {
  isAllowed: boolean
}

/** Whether the live policies judge requests at all. */
export function isAuthzPresent(policy: PolicyPort): boolean {
  const live = policy.live()
  return live !== null && policy.hasEntrypoint(live.id, ENTRYPOINT)
}

/**
 * Asks `data.authz.http`, before any route and for every path, as AlertChain does: an undefined package allows, `deny`
 * refuses, a policy that fails refuses too. Without a live policy nobody knows what it would say, so nothing passes.
 */
export async function authorize(request: AuthzRequest, deps: AuthzDeps): Promise<AuthzVerdict | Refusal> {
  const live = deps.policy.live()
  if (!live) return refusalForNow(503, 'policy_unavailable', 'not ready: no policy is live, see Policies in the desk')
  if (!deps.policy.hasEntrypoint(live.id, ENTRYPOINT)) return { isAllowed: false }
  try {
    const { result, error, prints } = await deps.policy.evaluate({
      versionId: live.id,
      entrypoint: ENTRYPOINT,
      input: Buffer.from(JSON.stringify(authzInput(request, await deps.env()))),
      nowNs: deps.clock.nowNs(),
      seed: deps.ids.seed(),
    })
    for (const line of prints) deps.log.info('rego print', { package: 'authz.http', message: line })
    if (error) return failed(`${error.code}: ${error.message}`, deps.log)
    if (result === undefined) return { isAllowed: false }
    const document = new ResultObject(result, 'authz.http')
    if (document.flag('deny')) return refusal(403, 'denied', 'refused: by the authz policy')
    return { isAllowed: document.any('allow') === true }
  } catch (error) {
    return failed(errorMessage(error), deps.log)
  }
}

/** What AlertChain's `authz` sees (`behaviour/alertchain.md` §2). */
export function authzInput(request: AuthzRequest, env: Record<string, string>): JsonObject {
  return {
    method: request.method,
    path: request.path,
    query: lists([...request.query]),
    header: lists(headerPairs(request.rawHeaders)),
    remote: request.remote,
    // With its BOM, if it has one: a signature covers every byte.
    body: new TextDecoder('utf-8', { ignoreBOM: true }).decode(request.body),
    env,
  }
}

/** `x-lower` → `X-Lower`, as Go writes header names. */
export function canonicalHeaderName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}

/** Without `Host`, which Go keeps apart. */
function headerPairs(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = canonicalHeaderName(rawHeaders[index] ?? '')
    if (name !== 'Host') pairs.push([name, rawHeaders[index + 1] ?? ''])
  }
  return pairs
}

function lists(pairs: readonly [string, string][]): Record<string, string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value])
  return Object.fromEntries(values)
}

/** The sender learns that it failed, only the log learns how: the reason may hold parts of the input. */
function failed(reason: string, log: Log): Refusal {
  log.error('The authz policy failed: the request was refused', { reason })
  return refusal(500, 'authz_failed', 'refused: the authz policy failed, see the log')
}
