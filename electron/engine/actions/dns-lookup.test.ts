import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { FakeDns, type DnsScript } from '../../../tests/fakes/fake-dns.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

const USES = 'dns.lookup'

const ZONE: Record<string, DnsScript> = {
  'evil.example.com': [
    { type: 'A', name: 'evil.example.com', ttl: 60, data: '93.184.215.14' },
    { type: 'A', name: 'evil.example.com', ttl: 60, data: '10.0.0.5' },
    { type: 'AAAA', name: 'evil.example.com', ttl: 60, data: '2606:2800:21f::1' },
    { type: 'MX', name: 'evil.example.com', ttl: 60, data: { preference: 20, exchange: 'b.example.com' } },
    { type: 'MX', name: 'evil.example.com', ttl: 60, data: { preference: 10, exchange: 'a.example.com' } },
    { type: 'TXT', name: 'evil.example.com', ttl: 60, data: ['v=spf1\u202e ', '-all\u0007'] },
  ],
  'many.example.com': Array.from({ length: 30 }, (_, index) => ({
    type: 'A' as const,
    name: 'many.example.com',
    ttl: 60,
    data: `8.8.8.${index}`,
  })),
  'empty.example.com': [],
  'broken.example.com': 'servfail',
  'refused.example.com': 'refused',
  'silent.example.com': 'silence',
  'nas.lan': [{ type: 'A', name: 'nas.lan', ttl: 60, data: '192.168.0.9' }],
  '8.8.8.8.in-addr.arpa': [{ type: 'PTR', name: '8.8.8.8.in-addr.arpa', ttl: 60, data: 'dns.google' }],
}

let dns: FakeDns
let kit: ActionKit
beforeEach(async () => {
  dns = await FakeDns.start(ZONE)
  kit = actionKit({ env: { TOCSIN_DNS_SERVER: dns.server } })
})
afterEach(async () => {
  await kit.close()
  await dns.close()
})

async function look(args: JsonObject): Promise<JsonValue> {
  const outcome = await kit.run(USES, args)
  if (outcome.outcome !== 'succeeded') throw new Error(`${outcome.error.code}: ${outcome.error.message}`)
  return outcome.result
}

describe('dns.lookup', () => {
  it('resolves a name, and brings up its public addresses', async () => {
    const args = { value: 'Evil.Example.com.', records: ['A', 'AAAA', 'MX', 'TXT', 'NS'] }
    const result = await look(args)
    expect(result).toEqual({
      name: 'evil.example.com',
      records: {
        A: ['93.184.215.14', '10.0.0.5'],
        AAAA: ['2606:2800:21f::1'],
        MX: ['10 a.example.com', '20 b.example.com'],
        TXT: ['v=spf1  -all'],
        NS: [],
      },
    })
    expect(kit.actions.inspected(USES, args, result)).toMatchObject({
      summary: 'A: 93.184.215.14, 10.0.0.5',
      findings: [
        {
          type: 'host',
          content: { ipaddr: ['93.184.215.14', '10.0.0.5', '2606:2800:21f::1'], hostname: ['evil.example.com'] },
        },
        { type: 'result' },
      ],
      attributes: [{ type: 'ipaddr', value: '93.184.215.14' }, { value: '2606:2800:21f::1' }],
    })
  })

  it("looks for an address's name, and brings it up", async () => {
    const result = await look({ value: '::ffff:8.8.8.8' })
    expect(dns.questions).toEqual(['PTR 8.8.8.8.in-addr.arpa'])
    expect(kit.actions.inspected(USES, { value: '8.8.8.8' }, result)).toMatchObject({
      summary: 'PTR: dns.google',
      findings: [{ content: { ipaddr: ['8.8.8.8'], hostname: ['dns.google'] } }, {}],
      attributes: [{ type: 'domain', value: 'dns.google' }],
    })
  })

  it('brings up no more than five addresses of a name that has many', async () => {
    const args = { value: 'many.example.com', records: ['A'] }
    expect(kit.actions.inspected(USES, args, await look(args)).attributes).toHaveLength(5)
  })

  it('takes "no such name" and "no such record" as answers', async () => {
    expect(await look({ value: 'gone.example.com' })).toEqual({ known: false, reason: 'not_found' })
    const args = { value: 'empty.example.com', records: ['A'] }
    const result = await look(args)
    expect(result).toEqual({ name: 'empty.example.com', records: { A: [] } })
    expect(kit.actions.inspected(USES, args, result).summary).toBe('The name exists and has none of these records')
  })

  it.each([
    ['broken.example.com', /could not find out \(ESERVFAIL, A of broken/],
    ['refused.example.com', /set TOCSIN_DNS_SERVER/],
  ])('fails clearly where the server has no answer: %s', async (value, message) => {
    const error: unknown = expect.objectContaining({
      code: 'net_dns',
      message: expect.stringMatching(message) as string,
    })
    expect(await kit.run(USES, { value, records: ['A'] })).toMatchObject({ outcome: 'failed', error })
  })

  it('stops at once when it is told to, although no server answers', async () => {
    const stop = new AbortController()
    const running = kit.run(USES, { value: 'silent.example.com', records: ['A'] }, { signal: stop.signal })
    await dns.asked()
    stop.abort()
    expect(await running).toMatchObject({ error: { code: 'stopped' } })
  })

  it('asks the server that the user named about private names too', async () => {
    const result = await look({ value: 'nas.lan', records: ['A'] })
    expect(result).toEqual({ name: 'nas.lan', records: { A: ['192.168.0.9'] } })
    expect(kit.actions.inspected(USES, { value: 'nas.lan' }, result).attributes).toEqual([])
  })

  it.each(['nas.lan', '10.0.0.1', 'fd00::1'])("asks the system's servers nothing private: %s", async (value) => {
    const kitOfSystem = actionKit({ env: {} })
    expect(await kitOfSystem.run(USES, { value })).toMatchObject({ result: { known: false, reason: 'private' } })
    await kitOfSystem.close()
  })

  it.each(['localhost:53', '127.0.0.1:99999', '[::1', 'x'])('says that %s is no name server', async (server) => {
    const wrong = actionKit({ env: { TOCSIN_DNS_SERVER: server } })
    await expect(wrong.run(USES, { value: 'a.example.com' })).rejects.toMatchObject({ code: 'bad_dns_server' })
    await wrong.close()
  })

  it.each(['a b', '-', '../x', 'a..b', '999.1.1.1'])('refuses %s', (value) => {
    expect(() => kit.actions.describe(USES, { value })).toThrow(/value: is no IP address and no domain name/)
  })

  it.each<JsonValue>([{}, { records: 'x' }, { records: { A: [null, 'x', 1], PTR: ['..'] } }, null])(
    'reads %j without a fault',
    (result) => {
      expect(kit.actions.inspected(USES, { value: 'a.example.com' }, result).attributes).toEqual([])
    },
  )
})
