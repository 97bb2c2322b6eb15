import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { argText, headerOf, placeOf, textOf, type StandIn, type StandInAnswer } from '../stand-in.ts'

const OPERATION = 'stand-in-operation'
const NOTED = { created_on: '2026-01-01T00:00:00Z', modified_on: '2026-01-01T00:00:00Z' }

/** Cloudflare's lists: one of IP addresses, whose changes are done at once. */
export const cloudflare: StandIn = {
  uses: ['cloudflare.block_ip', 'cloudflare.unblock_ip'],
  service: 'Cloudflare',
  args: (_uses, secret) => ({
    account_id: '0123456789abcdef0123456789abcdef',
    list_id: 'fedcba9876543210fedcba9876543210',
    secret_token: secret,
    ip: '203.0.113.7',
  }),
  open({ uses, args, hasSecret }) {
    const list_id = argText(args, 'list_id')
    const item = (ip: string): JsonObject => ({ id: 'stand-in-item', ip, ...NOTED })
    let kind = 'ip'
    let items = uses === 'cloudflare.block_ip' ? [] : [item(argText(args, 'ip'))]
    const made: string[] = []
    const change = (method: string, body: JsonValue): StandInAnswer => {
      const added = Array.isArray(body) ? (body as JsonObject[]).map((one) => argText(one, 'ip')) : [] // as it was sent
      items = method === 'POST' ? [...items, ...added.map(item)] : []
      made.push(`${method} ${list_id} ${added.join()}`.trim())
      return good({ operation_id: OPERATION })
    }
    return {
      args,
      made: () => made,
      changeElsewhere: () => void (kind = 'asn'),
      http: {
        changes: ({ method }) => method !== 'GET',
        answer(request) {
          if (!hasSecret(headerOf(request, 'authorization'))) return { status: 401, body: { success: false } }
          const { path } = placeOf(request)
          if (request.method !== 'GET') return change(request.method, JSON.parse(textOf(request)) as JsonValue)
          if (path.endsWith(`/bulk_operations/${OPERATION}`)) return good({ id: OPERATION, status: 'completed' })
          if (path.endsWith('/items')) return good(items)
          return good({ id: list_id, name: 'stand-in', kind, num_referencing_filters: 1 })
        },
      },
    }
  },
}

function good(result: JsonValue): StandInAnswer {
  return { status: 200, body: { success: true, errors: [], messages: [], result } }
}
