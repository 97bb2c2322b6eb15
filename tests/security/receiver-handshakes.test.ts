import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HandshakeKind } from '../../shared/model/source-views.ts'
import { post, send, startDesk, type TestDesk, type WireAnswer } from './receiver-kit.ts'
import { refusalOf } from './refusals.ts'

/*
 * The questions of services whether this receiver wants their events, each as its vendor publishes it (the addresses stand
 * in receiver/handshake.ts), through a tunnel and without a token.
 */

const TUNNEL = 'Host: alerts.example.org'

let desk: TestDesk
let sourceId = ''
beforeEach(async () => {
  desk = await startDesk({ allowHosts: ['alerts.example.org'] })
  const source = await desk.store.writer.commit('source', (tx) => desk.store.sources.create(tx, 'cloud', 'analyst'))
  sourceId = source.id
})
afterEach(() => desk.close())

async function allow(kind: HandshakeKind | null): Promise<void> {
  await desk.store.writer.commit('source', (tx) => desk.store.sources.setHandshake(tx, sourceId, kind, 'analyst'))
}

type Ask = (challenge?: string) => Promise<WireAnswer | null>

const okta: Ask = (challenge = 'Me_rShK8JHsTnbyYrWXCEoMGbM_zsZ6k0hLPZ_Pg') =>
  send(desk.port, {
    method: 'GET',
    headers: [TUNNEL, `X-Okta-Verification-Challenge: ${challenge}`, 'Authorization: my-shared-secret'],
  })

const graph: Ask = (
  challenge = 'Validation: Testing client application reachability for subscription Request-Id: 1a2b',
) =>
  post(desk.port, `/alert/door?validationToken=${encodeURIComponent(challenge)}`, '', [
    TUNNEL,
    'Content-Type: text/plain; charset=utf-8',
  ])

const eventGrid: Ask = (challenge = '512d38b6-c7b8-40c8-89fe-f46f9e9622b6') =>
  post(
    desk.port,
    '/alert/door',
    JSON.stringify([
      {
        id: '2d1781af-3a4c-4d7c-bd0c-e34b19da4e66',
        topic: '/subscriptions/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
        subject: '',
        data: { validationCode: challenge, validationUrl: 'https://rp-eastus2.eventgrid.azure.net:553/validate?id=1' },
        eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
        eventTime: '2022-10-28T04:23:35.1981776Z',
        metadataVersion: '1',
        dataVersion: '1',
      },
    ]),
    [TUNNEL, 'aeg-event-type: SubscriptionValidation'],
  )

const cloudevents: Ask = (challenge = 'eventemitter.example.com') =>
  send(desk.port, {
    method: 'OPTIONS',
    headers: [TUNNEL, `WebHook-Request-Origin: ${challenge}`, 'WebHook-Request-Rate: 120'],
  })

const slack: Ask = (challenge = '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P') =>
  post(
    desk.port,
    '/alert/door',
    JSON.stringify({ token: 'Jhj5dZrVaK7ZwHHjRyZWjbDl', challenge, type: 'url_verification' }),
    [
      TUNNEL,
      'X-Slack-Request-Timestamp: 1531420618',
      'X-Slack-Signature: v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    ],
  )

const ASKS: Record<HandshakeKind, Ask> = { okta, graph, event_grid: eventGrid, cloudevents, slack }
const KINDS = Object.keys(ASKS) as HandshakeKind[]

describe('a handshake', () => {
  it.each(KINDS)('[B123] of %s is refused like any other request while no source has the setting', async (kind) => {
    await refusalOf(desk, ASKS[kind](), { status: 401, code: 'unauthorized' })
    await allow(KINDS.find((other) => other !== kind) ?? null)
    await refusalOf(desk, ASKS[kind](), { status: 401, code: 'unauthorized' })
    await allow(kind)
    expect((await ASKS[kind]())?.status).toBe(200)
    await desk.store.writer.commit('source', (tx) => desk.store.sources.revoke(tx, sourceId, 'analyst'))
    await refusalOf(desk, ASKS[kind](), { status: 401, code: 'unauthorized' })
  })

  it.each(KINDS)('[B124] of %s is answered in its form, and stores nothing', async (kind) => {
    await allow(kind)
    const answer = await ASKS[kind]()
    expect(answer?.status).toBe(200)
    expect(desk.rows('event')).toBe(0)
    expect(answer?.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    expect(Object.keys(answer?.headers ?? {}).filter((name) => name.startsWith('access-control'))).toEqual([])
    const expected: Record<HandshakeKind, unknown> = {
      okta: { json: { verification: 'Me_rShK8JHsTnbyYrWXCEoMGbM_zsZ6k0hLPZ_Pg' } },
      graph: {
        headers: { 'content-type': 'text/plain' },
        body: 'Validation: Testing client application reachability for subscription Request-Id: 1a2b',
      },
      event_grid: { json: { validationResponse: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6' } },
      cloudevents: { headers: { 'webhook-allowed-origin': 'eventemitter.example.com', 'webhook-allowed-rate': '*' } },
      slack: { json: { challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' } },
    }
    expect(answer).toMatchObject(expected[kind] as object)
  })

  it.each(KINDS)('[B125] of %s sends back no markup, no line break, nothing long', async (kind) => {
    await allow(kind)
    const texts = ['<script>alert(1)</script>', 'a"b', 'x'.repeat(2049), ...(kind === 'graph' ? ['a\r\nX: y', ''] : [])]
    for (const text of texts) {
      const answer = await refusalOf(desk, ASKS[kind](text), { status: 400, code: 'malformed_request' })
      expect(answer.body).not.toContain(text || 'validationToken')
    }
  })

  it.each(KINDS)('[B125] of %s is not answered to a web page, nor to another name', async (kind) => {
    await allow(kind)
    const from = (headers: string[]): Promise<WireAnswer | null> =>
      send(desk.port, {
        method: kind === 'okta' ? 'GET' : kind === 'cloudevents' ? 'OPTIONS' : 'POST',
        target: '/alert/door?validationToken=a',
        headers: [
          'X-Okta-Verification-Challenge: a',
          'WebHook-Request-Origin: a',
          'aeg-event-type: SubscriptionValidation',
          ...headers,
        ],
      })
    await refusalOf(desk, from([TUNNEL, 'Origin: https://evil.test']), { status: 403, code: 'browser_not_allowed' })
    await refusalOf(desk, from([TUNNEL, 'Sec-Fetch-Site: cross-site']), { status: 403, code: 'browser_not_allowed' })
    await refusalOf(desk, from(['Host: evil.test']), { status: 403, code: 'host_not_allowed' })
  })

  it('[B123] lets no event in: what follows it needs a token', async () => {
    for (const kind of KINDS) {
      await allow(kind)
      await refusalOf(desk, post(desk.port, '/alert/door', '{"title":"x","who":1}', [TUNNEL]), {
        status: 401,
        code: 'unauthorized',
      })
    }
    const slackEvent = post(desk.port, '/alert/door', '{"type":"event_callback"}', [
      TUNNEL,
      'X-Slack-Request-Timestamp: 1',
    ])
    await refusalOf(desk, slackEvent, { status: 401, code: 'unauthorized' })
  })
})
