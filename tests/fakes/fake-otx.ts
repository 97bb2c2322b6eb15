import { isIPv4, isIPv6 } from 'node:net'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

const ADDRESS_SECTIONS = ['general', 'reputation', 'geo', 'malware', 'url_list', 'passive_dns', 'http_scans']
const NAME_SECTIONS = ['general', 'geo', 'malware', 'url_list', 'passive_dns', 'http_scans']
const isName = (text: string): boolean => /^([a-z0-9_-]+\.)+[a-z]{2,}$/i.test(text)

/** What OTX knows of, as it writes the types, with the sections that each has. */
const TYPES: Record<string, { isValid: (indicator: string) => boolean; sections: string[] }> = {
  IPv4: { isValid: isIPv4, sections: ADDRESS_SECTIONS },
  IPv6: { isValid: isIPv6, sections: ADDRESS_SECTIONS },
  domain: { isValid: isName, sections: NAME_SECTIONS },
  hostname: { isValid: isName, sections: NAME_SECTIONS },
  file: { isValid: (text) => /^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text), sections: ['general'] },
  url: { isValid: (text) => URL.canParse(text), sections: ['general', 'url_list'] },
}

/** AlienVault's OTX; `OTX_BASE_URL` is its `url`. Refuses wrong keys, types in another case, and what is no such indicator. */
export async function startFakeOtx(options: { key: string }): Promise<FakeRemote> {
  return FakeRemote.start({ service: (call) => answer(call, options.key) })
}

function answer({ method, path, query, headers, body }: Received, key: string): Reply {
  const parts = path.split('/').slice(1)
  const [api, version, indicators, type = '', escaped = '', section = ''] = parts
  if (parts.length !== 6 || `${api}/${version}/${indicators}` !== 'api/v1/indicators')
    return refusal(404, 'endpoint not found')
  if (method !== 'GET') return refusal(405, `Method "${method}" not allowed.`)
  if (headers['x-otx-api-key'] !== key)
    return refusal(403, `Authentication required, not "${headers['x-otx-api-key'] ?? ''}"`)
  if (query.size > 0 || body !== '') return refusal(400, 'unexpected parameters')
  const known = TYPES[type]
  const indicator = decodeURIComponent(escaped)
  if (known === undefined || !known.sections.includes(section)) return refusal(404, 'endpoint not found')
  if (!known.isValid(indicator)) return refusal(400, `${indicator} is no ${type}`)
  return { body: JSON.stringify({ indicator, type, section, pulse_info: { count: 0, pulses: [] } }) }
}

function refusal(status: number, detail: string): Reply {
  return { status, body: JSON.stringify({ detail }) }
}
