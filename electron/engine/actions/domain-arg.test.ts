import { afterEach, describe, expect, it, vi } from 'vitest'
import { actionKit, noWaits, secretsOf } from '../../../tests/fakes/action-kit.ts'
import { ADGUARD_USER, startFakeAdguard } from '../../../tests/fakes/fake-adguard.ts'
import { startFakePihole } from '../../../tests/fakes/fake-pihole.ts'
import { HttpPort } from '../http/http-port.ts'
import { systemClock } from '../ports/system-ports.ts'
import { domainInWords, neededHost } from './domain-arg.ts'

const PASSWORD = 'the-password-of-desk'

afterEach(() => vi.restoreAllMocks())

describe('a domain name', () => {
  it.each([
    ['EVIL.example.com.', 'evil.example.com'],
    ['bücher.example', 'xn--bcher-kva.example (bücher.example)'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example (bücher.example)'],
    // Cyrillic а: another name, which shows.
    ['exаmple.com', 'xn--exmple-4nf.com (exаmple.com)'],
    ['evil。example.com', 'evil.example.com'],
  ])('%s is %s', (domain, words) => {
    expect(domainInWords({ domain })).toBe(words)
  })

  it.each([
    ['dns.example.com', 'https://dns.example.com', true, true],
    ['dns.example.com', 'https://DNS.example.com.:3000/x', true, true],
    ['example.com', 'https://dns.example.com', false, true],
    ['ns.example.com', 'https://dns.example.com', false, false],
    ['a.dns.example.com', 'https://dns.example.com', false, false],
    ['example.com', 'https://192.0.2.1', false, false],
  ])('%s covers the host of %s: %s, with those below %s', (domain, base_url, alone, withBelow) => {
    const isNeeded = (isWithBelow: boolean): boolean => neededHost({ domain, base_url }, [], isWithBelow) !== null
    expect([isNeeded(false), isNeeded(true)]).toEqual([alone, withBelow])
    const ofService = neededHost({ domain, base_url: 'https://192.0.2.9' }, ['no address', base_url], true)
    expect(ofService !== null).toBe(withBelow)
  })

  it.each([
    ['pihole.block_domain', startFakePihole, {}, 'dns.example.com', 'example.com'],
    ['adguard.block_domain', startFakeAdguard, { username: ADGUARD_USER }, 'example.com', 'ns.example.com'],
  ] as const)(
    'is not blocked by %s where the desk needs it to take the block back',
    async (uses, start, more, own, other) => {
      const { remote } = await start(PASSWORD)
      const net = { 'net.allow': ['127.0.0.1'], 'net.proxy': '', 'net.caFile': '' }
      const http = new HttpPort({ settings: () => net, env: {}, clock: systemClock })
      const send = http.send.bind(http)
      vi.spyOn(http, 'send').mockImplementation((request) =>
        send({ ...request, url: request.url.replace('http://dns.example.com', remote.url) }),
      )
      const kit = actionKit({ secrets: secretsOf({ KEY: PASSWORD }), clock: noWaits, http })
      const args = { base_url: 'http://dns.example.com', secret_password: kit.handles.make('KEY'), ...more }
      await expect(kit.intent(uses, { ...args, domain: own })).rejects.toMatchObject({ code: 'target_barred' })
      await expect(kit.intent(uses, { ...args, domain: other })).resolves.toBeDefined()
      await kit.close()
      await http.close()
      await remote.close()
    },
  )
})
