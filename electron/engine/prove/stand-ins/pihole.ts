import type { JsonObject } from '../../../../shared/model/json.ts'
import { argText, headerOf, placeOf, textOf, type StandIn, type StandInAnswer } from '../stand-in.ts'

const SID = 'stand-in-session'
const NOBODY: StandInAnswer = { status: 401, body: { error: { key: 'unauthorized' } } }

/** Pi-hole: the sessions, and one name on its deny list or not. */
export const pihole: StandIn = {
  uses: ['pihole.block_domain', 'pihole.unblock_domain'],
  service: 'Pi-hole',
  args: (_uses, secret) => ({
    base_url: 'https://stand-in.pihole.example',
    secret_password: secret,
    domain: 'evil.stand-in.example',
  }),
  open({ uses, args, hasSecret }) {
    const domain = argText(args, 'domain').toLowerCase()
    const entry = (type: string): JsonObject => ({
      id: 1,
      domain,
      type,
      kind: 'exact',
      comment: null,
      groups: [0],
      enabled: true,
      date_modified: 1,
    })
    let denied = uses === 'pihole.block_domain' ? [] : [entry('deny')]
    let allowed: JsonObject[] = []
    const made: string[] = []
    const change = (method: string): StandInAnswer => {
      denied = method === 'DELETE' ? [] : [entry('deny')]
      made.push(`${method} ${domain}`)
      return method === 'DELETE'
        ? { status: 204 }
        : { status: 201, body: { domains: denied, processed: { errors: [] } } }
    }
    return {
      args,
      made: () => made,
      changeElsewhere() {
        allowed = [entry('allow')]
        denied = [{ ...entry('deny'), comment: 'of somebody else' }]
      },
      http: {
        changes: (request) => request.method !== 'GET' && !placeOf(request).path.endsWith('/auth'),
        answer(request) {
          const { path } = placeOf(request)
          if (path.endsWith('/auth') && request.method === 'POST') return logIn(textOf(request), hasSecret)
          if (headerOf(request, 'x-ftl-sid') !== SID) return NOBODY
          if (path.endsWith('/auth')) return { status: 204 }
          if (request.method !== 'GET') return change(request.method)
          if (path.endsWith('/dns/blocking')) return { status: 200, body: { blocking: 'enabled', timer: null } }
          if (!path.includes('/search/')) return { status: 200, body: { domains: denied } }
          const domains = [...denied, ...allowed]
          return {
            status: 200,
            body: { search: { domains, results: { domains: { exact: domains.length, regex: 0 } } } },
          }
        },
      },
    }
  },
}

function logIn(body: string, hasSecret: (text: string) => boolean): StandInAnswer {
  return hasSecret(body) ? { status: 200, body: { session: { valid: true, sid: SID, validity: 1800 } } } : NOBODY
}
