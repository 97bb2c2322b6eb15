import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../electron/engine/store/setting-store.ts'
import { parseTopics } from '../../electron/engine/receiver/sns-topics.ts'
import { CERTIFICATE_URL, FakeSns, SUBSCRIBE_URL, TOPIC } from '../fakes/fake-sns.ts'
import { DOOR_POLICY, post, startDesk, type TestDesk, type WireAnswer } from './receiver-kit.ts'

const TUNNEL = 'Host: desk.example.net'
const OTHER_TOPIC = 'arn:aws:sns:eu-central-1:999999999999:theirs'
const EVENT = { title: 'open', who: 'ann' }

let sns: FakeSns
let desk: TestDesk
let topics: string[]
beforeEach(async () => {
  sns = new FakeSns()
  topics = [TOPIC]
  desk = await startDesk({
    policies: { 'alert/door.rego': DOOR_POLICY, 'alert/gate.rego': DOOR_POLICY.replaceAll('door', 'gate') },
    allowHosts: ['desk.example.net'],
    sns: { topics: () => topics, get: sns.get },
  })
})
afterEach(() => desk.close())

function deliver(message: unknown, headers: string[] = [], schema = 'door'): Promise<WireAnswer | null> {
  return post(desk.port, `/alert/sns/${schema}`, JSON.stringify(message), headers)
}

function events(): { body: string; query: Record<string, string>; deliveryId: string }[] {
  const rows = desk.store.db.prepare('SELECT id, query, delivery_id AS deliveryId FROM event ORDER BY seq').all() as {
    id: string
    query: string
    deliveryId: string
  }[]
  return rows.map(({ id, query, deliveryId }) => ({
    body: Buffer.from(desk.store.events.body(id) ?? []).toString(),
    query: JSON.parse(query) as Record<string, string>,
    deliveryId,
  }))
}

function problems(): { code: string; message: string; count: number }[] {
  return desk.store.db.prepare('SELECT code, message, count FROM problem ORDER BY seq').all() as never
}

function confirmations(): unknown[] {
  return desk.store.db.prepare("SELECT by, subject_id AS schema, after FROM act WHERE kind = 'sns.confirm'").all()
}

describe('a notification', () => {
  it.each(['1', '2'])('is taken with a valid signature, version %s', async (SignatureVersion) => {
    const answer = await deliver(sns.notification(EVENT, { SignatureVersion, Subject: 'a subject' }))
    expect(answer).toMatchObject({ status: 200, json: { alerts: [{ title: 'open', data: EVENT }] } })
  })

  it('stores the event itself, and beside it what the message says about it', async () => {
    const message = sns.notification(EVENT, { MessageId: 'm-1', Subject: 'a subject' })
    await deliver({
      ...message,
      UnsubscribeURL: 'https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe',
      MessageAttributes: { team: { Type: 'String', Value: 'blue' }, api_token: { Type: 'String', Value: 'PLANTED' } },
    })
    expect(events()).toEqual([
      {
        body: JSON.stringify(EVENT),
        deliveryId: 'm-1',
        query: {
          'sns.TopicArn': TOPIC,
          'sns.MessageId': 'm-1',
          'sns.Subject': 'a subject',
          'sns.Timestamp': '2026-11-22T09:00:00.000Z',
          'sns.MessageAttributes.team': 'blue',
        },
      },
    ])
  })

  it('asks for a certificate once', async () => {
    await Promise.all([deliver(sns.notification(EVENT)), deliver(sns.notification(EVENT))])
    await deliver(sns.notification(EVENT))
    expect(sns.asked).toEqual([CERTIFICATE_URL])
    expect(desk.rows('event')).toBe(3)
  })

  it('is one event per MessageId and schema: a repeat gets the first answer', async () => {
    const message = sns.notification(EVENT)
    const first = await deliver(message)
    const again = await deliver(message)
    expect(again?.json).toEqual(first?.json)
    expect(desk.rows('event')).toBe(1)
    expect((await deliver(message, [], 'gate'))?.json).toMatchObject({ alerts: [{ source: 'gate' }] })
    expect(desk.rows('event')).toBe(2)
  })
})

describe('through a tunnel, and where sources have tokens', () => {
  async function createToken(): Promise<string> {
    const { token } = await desk.store.writer.commit('source', (tx) => desk.store.sources.create(tx, 'x', 'analyst'))
    return token
  }

  it('[S12] admits a verified message of a listed topic without a token', async () => {
    expect((await deliver(sns.notification(EVENT), [TUNNEL]))?.status).toBe(200)
    await createToken()
    expect((await deliver(sns.notification(EVENT), [TUNNEL]))?.status).toBe(200)
    expect((await deliver(sns.notification(EVENT)))?.status).toBe(200)
  })

  it('[S12] refuses a verified message of somebody else’s topic, and says which topic it was', async () => {
    const theirs = sns.notification(EVENT, { TopicArn: OTHER_TOPIC })
    expect(await deliver(theirs, [TUNNEL])).toMatchObject({ status: 403, json: { code: 'sns_topic' } })
    expect(desk.rows('event')).toBe(0)
    expect(problems()).toMatchObject([{ code: 'sns_topic', message: expect.stringContaining(OTHER_TOPIC) as string }])
    // On this computer, with no token asked for, everybody may send.
    expect((await deliver(theirs))?.status).toBe(200)
    const bearer = `Authorization: Bearer ${await createToken()}`
    expect((await deliver(sns.notification(EVENT, { TopicArn: OTHER_TOPIC })))?.status).toBe(403)
    expect((await deliver(sns.notification(EVENT, { TopicArn: OTHER_TOPIC }), [TUNNEL, bearer]))?.status).toBe(200)
  })

  it('[S12] refuses a forged message, with a wrong token too', async () => {
    const forged = { ...sns.notification(EVENT), Message: '{"title":"forged"}' }
    expect((await deliver(forged, [TUNNEL]))?.status).toBe(403)
    expect((await deliver(sns.notification(EVENT), [TUNNEL, 'Authorization: Bearer guess']))?.status).toBe(401)
    expect(desk.rows('event')).toBe(0)
  })

  it('[S12] asks the other forms for a token as before', async () => {
    const envelope = JSON.stringify({ message: { data: Buffer.from(JSON.stringify(EVENT)).toString('base64') } })
    const pubsub = (headers: string[]) => post(desk.port, '/alert/pubsub/door', envelope, headers)
    expect((await pubsub([TUNNEL]))?.status).toBe(401)
    expect((await pubsub([]))?.status).toBe(200)
    const bearer = `Authorization: Bearer ${await createToken()}`
    expect((await pubsub([]))?.status).toBe(401)
    expect((await pubsub([TUNNEL, bearer]))?.status).toBe(200)
  })
})

describe('a subscription', () => {
  it('is confirmed for a listed topic, as an act', async () => {
    const answer = await deliver(sns.confirmation(), [TUNNEL])
    expect(answer).toMatchObject({ status: 200, json: { confirmed: TOPIC } })
    expect(sns.asked).toEqual([CERTIFICATE_URL, SUBSCRIBE_URL])
    expect(confirmations()).toEqual([{ by: 'system', schema: 'door', after: JSON.stringify({ topic: TOPIC }) }])
    expect(desk.rows('event')).toBe(0)
  })

  it('of another topic is one problem that names it, and is not confirmed', async () => {
    topics = []
    for (let count = 0; count < 3; count += 1) {
      expect(await deliver(sns.confirmation())).toMatchObject({ status: 403, json: { code: 'sns_topic' } })
    }
    expect(sns.asked).toEqual([CERTIFICATE_URL])
    expect(problems()).toEqual([
      { code: 'sns_topic', message: expect.stringContaining(`add ${TOPIC} to`) as string, count: 3 },
    ])
  })

  it('of many unknown topics does not fill the list of problems', async () => {
    for (let count = 0; count < 25; count += 1) await deliver(sns.confirmation({ TopicArn: `${OTHER_TOPIC}-${count}` }))
    expect(desk.rows('problem')).toBe(20)
  })

  it('waits for the next try where Amazon does not answer', async () => {
    sns.answers.set(SUBSCRIBE_URL, () => ({ status: 500, body: Buffer.from('') }))
    const answer = await deliver(sns.confirmation())
    expect(answer).toMatchObject({ status: 503, json: { code: 'sns_confirmation' } })
    expect(answer?.headers['retry-after']).toBeDefined()
    sns.answers.set(SUBSCRIBE_URL, () => {
      throw new Error('unreachable')
    })
    expect((await deliver(sns.confirmation()))?.status).toBe(503)
    expect(confirmations()).toEqual([])
  })

  it('that ends is shown, by its own signed form', async () => {
    const ended = sns.confirmation({}, 'UnsubscribeConfirmation')
    expect(await deliver(ended, [TUNNEL])).toMatchObject({ status: 200, json: { unsubscribed: TOPIC } })
    expect(problems()).toMatchObject([{ code: 'sns_unsubscribed', message: expect.stringContaining(TOPIC) as string }])
    expect(sns.asked).toEqual([CERTIFICATE_URL])
    const asNotification = sns.sign({ ...ended, Type: 'Notification' })
    expect((await deliver({ ...asNotification, Type: 'UnsubscribeConfirmation' }))?.status).toBe(403)
  })
})

it('reads the list of topics, which is empty at first', () => {
  expect(DEFAULT_SETTINGS['sns.topics']).toEqual([])
  expect(parseTopics()).toEqual([])
  expect(parseTopics(` ${TOPIC} ,${OTHER_TOPIC},`)).toEqual([TOPIC, OTHER_TOPIC])
  expect(() => parseTopics(`${TOPIC},*`)).toThrow('not "*"')
})
