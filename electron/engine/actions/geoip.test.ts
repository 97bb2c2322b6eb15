import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { mmdb, type MmdbValue } from '../../../tests/fakes/mmdb.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { systemClock } from '../ports/system-ports.ts'
import { GeoDatabases } from './inspect/geo-databases.ts'

const USES = 'geoip'

const CITY: Record<string, MmdbValue> = {
  '81.2.69.0/24': {
    city: { geoname_id: 2_643_743, names: { de: 'London', en: 'London', fr: 'Londres' } },
    country: { iso_code: 'GB', names: { en: 'United Kingdom', fr: 'Royaume-Uni' } },
    location: { latitude: 51.5142, longitude: -0.0931, time_zone: 'Europe/London' },
    subdivisions: [{ iso_code: 'ENG' }],
  },
  '2001:db8::/32': { country: { iso_code: 'SE' }, is_anonymous: true, big: 18_446_744_073_709_551_615n },
}
const ASN: Record<string, MmdbValue> = {
  // The first bits of 2001:db8::.
  '32.1.0.0/16': { autonomous_system_organization: 'Somebody else' },
  '81.2.64.0/18': { autonomous_system_number: 20_712, autonomous_system_organization: 'Andrews & Arnold\u202e Ltd' },
}

let folder: string
let dataDir: string
let policyDir: string
let kit: ActionKit
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tocsin-geoip-')))
  dataDir = join(folder, 'data')
  policyDir = join(folder, 'policies')
  for (const one of [join(dataDir, 'geoip'), policyDir, join(folder, 'elsewhere')]) mkdirSync(one, { recursive: true })
  kit = actionKit({ dataDir, policyDir })
})
afterEach(async () => {
  await kit.close()
  rmSync(folder, { recursive: true, force: true })
})

function put(path: string, bytes: Uint8Array): void {
  writeFileSync(join(folder, path), bytes)
}

function putBoth(): void {
  put('data/geoip/GeoLite2-City.mmdb', mmdb({ type: 'GeoLite2-City', networks: CITY }))
  put('data/geoip/GeoLite2-ASN.mmdb', mmdb({ type: 'GeoLite2-ASN', networks: ASN, ipVersion: 4 }))
}

async function look(args: JsonObject): Promise<JsonValue> {
  const outcome = await kit.run(USES, args)
  if (outcome.outcome !== 'succeeded') throw new Error(`${outcome.error.code}: ${outcome.error.message}`)
  return outcome.result
}

describe('geoip', () => {
  it('says where an address is and whose it is, from all databases of the folder', async () => {
    putBoth()
    const result = await look({ ip: '81.2.69.160' })
    expect(result).toMatchObject({
      databases: [
        { file: 'GeoLite2-ASN.mmdb', length: 18 },
        { file: 'GeoLite2-City.mmdb', type: 'GeoLite2-City', built: '2026-09-21T14:13:20.000Z' },
      ],
    })
    expect(JSON.stringify(result)).not.toMatch(/Londres|\u202e/)
    expect(kit.actions.inspected(USES, { ip: '81.2.69.160' }, result)).toMatchObject({
      summary: 'London, GB; AS20712 Andrews & Arnold  Ltd',
      findings: [
        {
          type: 'host',
          content: { ipaddr: ['81.2.69.160'], country: ['GB'], as_owner: ['AS20712 Andrews & Arnold  Ltd'] },
        },
        { type: 'result' },
      ],
      attributes: [],
    })
  })

  it('looks IPv6 up where a database has it, and IPv4 in IPv6 clothes as IPv4', async () => {
    putBoth()
    expect(await look({ ip: '2001:db8::1' })).toMatchObject({
      databases: [{ file: 'GeoLite2-City.mmdb', record: { country: { iso_code: 'SE' }, big: '18446744073709551615' } }],
    })
    expect(await look({ ip: '::ffff:81.2.69.1' })).toMatchObject({ databases: [{ length: 18 }, {}] })
  })

  it('takes "not in it" as an answer', async () => {
    putBoth()
    expect(await look({ ip: '9.9.9.9' })).toEqual({ known: false, reason: 'not_found' })
  })

  it('sees a database that was put in the place of another one', async () => {
    put('data/geoip/a.mmdb', mmdb({ type: 'A', networks: { '8.8.8.0/24': { country: 'US' } } }))
    const of = async (): Promise<string> =>
      kit.actions.inspected(USES, { ip: '8.8.8.8' }, await look({ ip: '8.8.8.8' })).summary
    expect(await of()).toBe('US')
    put('data/geoip/a.mmdb', mmdb({ type: 'A2', networks: { '8.8.8.0/24': { country: 'Canada' } } }))
    expect(await of()).toBe('Canada')
  })

  it('gives the memory of a database back when nobody has looked for a while', async () => {
    const due: (() => void)[] = []
    const after = (_delayMs: number, callback: () => void): (() => void) => {
      due.push(callback)
      return () => due.splice(due.indexOf(callback), 1)
    }
    const databases = new GeoDatabases({ dataDir, policyDir, clock: { ...systemClock, after } })
    putBoth()
    const [first] = await databases.open('GeoLite2-ASN.mmdb')
    const [again] = await databases.open('GeoLite2-ASN.mmdb')
    expect([again?.reader === first?.reader, due.length]).toEqual([true, 1])
    for (const callback of due.splice(0)) callback()
    const [later] = await databases.open('GeoLite2-ASN.mmdb')
    expect(later?.reader === first?.reader).toBe(false)
  })

  it('takes a database of the workspace or of the data folder', async () => {
    put('policies/own.mmdb', mmdb({ type: 'Own', networks: { '10.0.0.0/8': { as_name: 'Our office' } } }))
    const args = { ip: '10.1.2.3', database: join(policyDir, 'own.mmdb') }
    expect(kit.actions.inspected(USES, args, await look(args)).summary).toBe('Our office')
    putBoth()
    expect(await look({ ip: '81.2.69.1', database: 'GeoLite2-ASN.mmdb' })).toMatchObject({
      databases: [{ length: 18 }],
    })
  })

  it('reads no other file, whether it is there or not, by name or by link', async () => {
    put('elsewhere/x.mmdb', mmdb({ type: 'X', networks: { '8.8.8.0/24': { country: 'US' } } }))
    symlinkSync(join(folder, 'elsewhere/x.mmdb'), join(dataDir, 'geoip/link.mmdb'))
    symlinkSync(join(folder, 'elsewhere'), join(policyDir, 'out'))
    const outside = [
      '/etc/passwd',
      '/nowhere/at/all',
      '../../elsewhere/x.mmdb',
      'link.mmdb',
      join(policyDir, 'out/x.mmdb'),
    ]
    for (const database of [...outside, undefined]) {
      const args = database === undefined ? { ip: '8.8.8.8' } : { ip: '8.8.8.8', database }
      expect(await kit.run(USES, args)).toMatchObject({ outcome: 'failed', error: { code: 'database_refused' } })
    }
  })

  it.each<JsonObject>([{}, { database: 'none.mmdb' }])('says what to do where there is none: %j', async (more) => {
    const outcome = await kit.run(USES, { ip: '8.8.8.8', ...more })
    const message: unknown = expect.stringContaining(`put one into ${join(dataDir, 'geoip')}`)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'no_database', message } })
  })

  it('says what to do where there is no data folder', async () => {
    const inMemory = actionKit({ policyDir })
    const message: unknown = expect.stringContaining('start with --data')
    expect(await inMemory.run(USES, { ip: '8.8.8.8' })).toMatchObject({ error: { code: 'no_database', message } })
    await inMemory.close()
  })

  it('says of a damaged database that it is one, whichever byte is wrong', async () => {
    const whole = mmdb({ type: 'GeoLite2-City', networks: CITY })
    const codes = new Set<string>()
    for (let at = 0; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] ?? 0) ^ 0xff
      put('data/geoip/a.mmdb', bytes)
      const outcome = await kit.run(USES, { ip: '81.2.69.160' })
      codes.add(outcome.outcome === 'succeeded' ? 'succeeded' : outcome.error.code)
      if (outcome.outcome === 'succeeded') kit.actions.inspected(USES, { ip: '81.2.69.160' }, outcome.result)
    }
    expect([...codes].toSorted()).toEqual(['bad_database', 'succeeded'])
  })

  it.each([Buffer.alloc(0), Buffer.from('not a database'), Buffer.alloc(5000, 0xab)])(
    'refuses what is none',
    async (bytes) => {
      put('data/geoip/a.mmdb', bytes)
      expect(await kit.run(USES, { ip: '8.8.8.8' })).toMatchObject({ error: { code: 'bad_database' } })
    },
  )

  it.each<JsonValue>([{}, { databases: [{ record: { country: 7, asn: null } }, 'x'] }, null])(
    'reads %j without a fault',
    (result) => {
      const { summary } = kit.actions.inspected(USES, { ip: '8.8.8.8' }, result)
      expect(summary).toBe('The databases name neither place nor owner')
    },
  )
})
