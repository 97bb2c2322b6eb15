import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

/** A registry that answers in the form of RFC 9083; knows 8.8.8.8, example.com and AS15169. */
export async function startFakeRegistry(): Promise<FakeRemote> {
  return FakeRemote.start({ service: answer })
}

/** A bootstrap service as rdap.org is one: it redirects every question to the registry. */
export async function startFakeBootstrap(registry: string): Promise<FakeRemote> {
  return FakeRemote.start({
    service: ({ path }) => ({ status: 302, headers: { location: `${registry}/rdap${path}` } }),
  })
}

function answer({ path }: Received): Reply {
  const body = ANSWERS[path]
  const headers = { 'content-type': 'application/rdap+json' }
  if (body !== undefined) return { headers, body: JSON.stringify({ rdapConformance: ['rdap_level_0'], ...body }) }
  return { status: 404, headers, body: JSON.stringify({ errorCode: 404, title: 'Not Found' }) }
}

function entity(role: string, name: string): object {
  const card = [
    ['version', {}, 'text', '4.0'],
    ['fn', {}, 'text', name],
    ['email', {}, 'text', 'person@example.com'],
    ['tel', { type: 'voice' }, 'uri', 'tel:+1-555-0100'],
  ]
  return { objectClassName: 'entity', handle: 'X-1', roles: [role], vcardArray: ['vcard', card] }
}

const REGISTERED = [
  { eventAction: 'last changed', eventDate: '2024-08-14T07:01:34Z' },
  { eventAction: 'registration', eventDate: '1995-08-14T04:00:00Z' },
]

const ANSWERS: Record<string, object> = {
  '/rdap/ip/8.8.8.8': {
    objectClassName: 'ip network',
    handle: 'NET-8-8-8-0-2',
    startAddress: '8.8.8.0',
    endAddress: '8.8.8.255',
    ipVersion: 'v4',
    name: 'GOGL',
    country: 'US',
    status: ['active'],
    events: REGISTERED,
    entities: [entity('registrant', 'Google LLC'), entity('abuse', 'Abuse')],
  },
  '/rdap/domain/example.com': {
    objectClassName: 'domain',
    handle: '2336799_DOMAIN_COM-VRSN',
    ldhName: 'EXAMPLE.COM',
    nameservers: [{ objectClassName: 'nameserver', ldhName: 'A.IANA-SERVERS.NET' }],
    status: ['client delete prohibited'],
    events: REGISTERED,
    entities: [entity('registrar', 'Example Registrar')],
  },
  '/rdap/autnum/15169': {
    objectClassName: 'autnum',
    handle: 'AS15169',
    startAutnum: 15169,
    endAutnum: 15169,
    name: 'GOOGLE',
    events: [],
  },
}
