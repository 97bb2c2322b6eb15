import { describe, expect, it } from 'vitest'
import { withoutCredentials } from './credentials.ts'
import { unwrapPubSub } from './pubsub.ts'

const DATA = Buffer.from('{"color":"blue"}').toString('base64')

function unwrap(envelope: unknown): unknown {
  const unwrapped = unwrapPubSub('scc', Buffer.from(JSON.stringify(envelope)))
  return 'event' in unwrapped ? { ...unwrapped, event: Buffer.from(unwrapped.event).toString() } : unwrapped.error
}

describe('unwrapPubSub', () => {
  it('takes the event out, and keeps what the envelope says about it', () => {
    expect(
      unwrap({
        deliveryAttempt: 3,
        subscription: 'projects/p/subscriptions/s',
        message: {
          attributes: { team: 'blue', api_token: 'PLANTED' },
          data: DATA,
          messageId: '70',
          message_id: '70',
          publishTime: '2026-11-22T09:00:00Z',
          publish_time: '2026-11-22T09:00:00Z',
          orderingKey: 'passed over',
        },
        unknown: {},
      }),
    ).toEqual({
      event: '{"color":"blue"}',
      deliveryId: { space: 'pubsub/scc/projects/p/subscriptions/s', id: '70', onOtherBody: 'store' },
      about: [
        ['pubsub.subscription', 'projects/p/subscriptions/s'],
        ['pubsub.message_id', '70'],
        ['pubsub.publish_time', '2026-11-22T09:00:00Z'],
        ['pubsub.attributes.team', 'blue'],
        ['pubsub.attributes.api_token', 'PLANTED'],
      ],
    })
  })

  it.each([
    [{ Message: { Data: DATA, MESSAGE_ID: '7' }, SUBSCRIPTION: 's', DeliveryAttempt: 1 }],
    [{ meſſage: { data: DATA, messageid: '7' }, subscription: 's' }],
    [{ message: { data: DATA, message_id: '', messageId: '7' }, subscription: 's', deliveryAttempt: null }],
    [{ message: { data: 'bm8=', Data: DATA, message_id: '7' }, subscription: 't', Subscription: 's' }],
    [{ message: { data: DATA, Data: null, message_id: '7', attributes: null }, subscription: 's' }],
  ])('reads names whatever their case, as Go does: %j', (envelope) => {
    expect(unwrap(envelope)).toEqual({
      event: '{"color":"blue"}',
      deliveryId: { space: 'pubsub/scc/s', id: '7', onOtherBody: 'store' },
      about: [
        ['pubsub.subscription', 's'],
        ['pubsub.message_id', '7'],
      ],
    })
  })

  it('reads base64 with line breaks, as Go does, and an envelope with a byte order mark', () => {
    expect(unwrap({ message: { data: `${DATA.slice(0, 6)}\r\n${DATA.slice(6)}\n` } })).toMatchObject({
      event: '{"color":"blue"}',
      deliveryId: null,
    })
    expect(unwrapPubSub('scc', Buffer.from(`\uFEFF{"message":{"data":"${DATA}"}}`))).toHaveProperty('event')
  })

  it('keeps what sorts events of its attributes, under whatever case, and nothing that may be a credential', () => {
    const names = ['team', 'api_token', 'key', 'sig', 'code', 'pwd', 'x', 'eventType', 'raw.team']
    const about = names.map((name): [string, string] => [`pubsub.attributes.${name}`, 'x'])
    expect(Object.keys(withoutCredentials([], about, () => false).query)).toEqual([
      'pubsub.attributes.team',
      'pubsub.attributes.eventType',
    ])
  })
})
