import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../electron/engine/ports/system-ports.ts'
import { CERTIFICATE_URL, FakeSns, SUBSCRIBE_URL, TOPIC } from '../fakes/fake-sns.ts'
import { makeCertificate } from '../fakes/x509.ts'
import { DOOR_POLICY, post, startDesk, type TestDesk, type WireAnswer } from './receiver-kit.ts'

/* The rows of the bad-input table in docs/SECURITY.md that are about envelopes: Google Pub/Sub and Amazon SNS. */

const DAY_MS = 86_400_000
const EVENT = { title: 'open', who: 'ann' }
const HOST = 'https://sns.eu-central-1.amazonaws.com'

let desk: TestDesk
let sns = new FakeSns()
let topics: string[] = []
beforeAll(async () => {
  desk = await startDesk({
    policies: { 'alert/door.rego': DOOR_POLICY },
    sns: { topics: () => topics, get: (url) => sns.get(url) },
  })
})
beforeEach(() => {
  sns = new FakeSns()
  topics = [TOPIC]
})
afterAll(() => desk.close())

function pubsub(body: unknown): Promise<WireAnswer | null> {
  return post(desk.port, '/alert/pubsub/door', typeof body === 'string' ? body : JSON.stringify(body))
}

function deliver(message: unknown): Promise<WireAnswer | null> {
  return post(desk.port, '/alert/sns/door', typeof message === 'string' ? message : JSON.stringify(message))
}

function base64(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
}

/** Expects a refusal with this code, and that no event was stored. */
async function expectRefused(sending: Promise<WireAnswer | null>, status: number, code: string): Promise<void> {
  const before = desk.rows('event')
  const answer = await sending
  expect(answer).toMatchObject({ status, json: { error: expect.any(String) as string, code } })
  expect(answer?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  if (status === 503) expect(Number(answer?.headers['retry-after'])).toBeGreaterThan(0)
  expect(desk.rows('event')).toBe(before)
}

it.each(['raw/raw', 'raw/pubsub', 'raw/sns', 'pubsub/pubsub', 'sns/raw'])('[B60] a name that is taken: %s', (path) =>
  expectRefused(post(desk.port, `/alert/${path}`, JSON.stringify(EVENT)), 422, 'schema_invalid'),
)

it.each(['raw', 'pubsub', 'sns', 'raw/', 'pubsub/', 'sns/', 'sns/a/b', 'other/a'])('[B60] no schema: %s', (path) =>
  expectRefused(post(desk.port, `/alert/${path}`, JSON.stringify(EVENT)), 404, 'not_found'),
)

describe('Google Pub/Sub', () => {
  it.each(['', 'not json', '{}{}', '{"message":{"data":"\n"}}'])('[B61] a body that is not JSON: %j', (body) =>
    expectRefused(pubsub(body), 400, 'malformed_json'),
  )

  it.each([
    [null],
    [[]],
    ['"text"'],
    [{ message: 'text' }],
    [{ message: { data: 5 } }],
    [{ message: { data: base64(EVENT), attributes: { a: 1 } } }],
    [{ message: { data: base64(EVENT), message_id: 5 } }],
    [{ message: { data: base64(EVENT) }, deliveryAttempt: '5' }],
    [{ status: 200, message: [] }],
  ])('[B62] what is no push envelope: %j', (body) => expectRefused(pubsub(body), 400, 'malformed_envelope'))

  it.each([[{}], [{ message: {} }], [{ message: null }], [{ message: { data: '' } }], [{ message: { data: null } }]])(
    '[B63] no data: %j',
    (body) => expectRefused(pubsub(body), 400, 'malformed_envelope'),
  )

  it.each(['eyJhIjoxfQ', 'eyJhIjoxfQ=', 'eyJhIjoxfQ===', 'eyJhIjoi__8ifQ==', 'not base64!', '=', 'eyJh=joxfQ=='])(
    '[B64] data that is not standard, padded base64: %s',
    (data) => expectRefused(pubsub({ message: { data } }), 400, 'malformed_envelope'),
  )

  it.each(['text', '{"a":1} {"a":2}', '{"a":', '[1,]', '\n'])('[B65] data that is not one JSON value: %j', (text) =>
    expectRefused(pubsub({ message: { data: base64(text) } }), 400, 'malformed_json'),
  )

  it('[B66] a message id over 256 characters', () =>
    expectRefused(pubsub({ message: { data: base64(EVENT), message_id: 'x'.repeat(257) } }), 400, 'malformed_envelope'))

  it('[B67] a repeat of a message id of a subscription', async () => {
    const first = await pubsub({ message: { data: base64(EVENT), message_id: '136969346945' } })
    const before = desk.rows('event')
    const again = await pubsub({ message: { data: base64(EVENT), messageId: '136969346945' }, deliveryAttempt: 2 })
    expect(again?.json).toEqual(first?.json)
    expect(desk.rows('event')).toBe(before)
    await pubsub({ message: { data: base64(EVENT), messageId: '136969346945' }, subscription: 'another' })
    expect(desk.rows('event')).toBe(before + 1)
  })

  it('[B78] a message id with other data is another event, and a problem', async () => {
    const message = (data: unknown): Promise<WireAnswer | null> =>
      pubsub({ message: { data: base64(data), message_id: 'b78' }, subscription: 'projects/p/subscriptions/s' })
    await message(EVENT)
    const before = desk.rows('event')
    expect(await message({ ...EVENT, title: 'other' })).toMatchObject({
      status: 200,
      json: { alerts: [{ title: 'other' }] },
    })
    expect(await message({ ...EVENT, title: 'other' })).toMatchObject({
      status: 200,
      json: { alerts: [{ title: 'other' }] },
    })
    expect(desk.rows('event')).toBe(before + 1)
    await expectRefused(message('not json'), 400, 'malformed_json')
    const [problem] = desk.store.db
      .prepare("SELECT message, count FROM problem WHERE code = 'idempotency_mismatch'")
      .all()
    expect(problem).toMatchObject({ count: 1, message: expect.stringContaining('b78 of projects/p') as string })
  })

  it('[B79] a header that names what a message id may: each route has its own ids', async () => {
    const { port } = desk
    for (const key of ['pubsub/door/1', 'pubsub/door//1', '1']) {
      await post(port, '/alert/door', JSON.stringify(EVENT), [`Idempotency-Key: ${key}`])
    }
    const before = desk.rows('event')
    const headers = ['Idempotency-Key: 1']
    const taken = await post(port, '/alert/pubsub/door', JSON.stringify({ message: { data: base64(EVENT) } }), headers)
    expect(taken).toMatchObject({ status: 200, json: { alerts: [{ title: 'open' }] } })
    expect(await pubsub({ message: { data: base64({ ...EVENT, title: 'x' }), message_id: '1' } })).toMatchObject({
      status: 200,
      json: { alerts: [{ title: 'x' }] },
    })
    expect(desk.rows('event')).toBe(before + 2)
  })
})

describe('Amazon SNS', () => {
  it.each([
    ['raw message delivery', EVENT],
    ['an array', []],
    ['an unknown type', { Type: 'toString' }],
    ['no signature', { ...new FakeSns().notification(EVENT), Signature: undefined }],
    ['no topic', { ...new FakeSns().notification(EVENT), TopicArn: undefined }],
    ['a number for a text', { ...new FakeSns().notification(EVENT), MessageId: 5 }],
    [
      'a value that reaches into the next field',
      new FakeSns().notification(EVENT, { MessageId: `1\nTopicArn\n${TOPIC}` }),
    ],
    ['an id that is too long', new FakeSns().notification(EVENT, { MessageId: 'x'.repeat(257) })],
  ])('[B68] what is no SNS message: %s', (_name, message) => expectRefused(deliver(message), 400, 'malformed_envelope'))

  const changed = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn']
  it.each(changed)('[B69] a signed field that was changed: %s', async (name) => {
    const message = sns.notification(EVENT, { Subject: 'a subject' })
    await expectRefused(deliver({ ...message, [name]: `${message[name] as string} ` }), 403, 'sns_signature')
  })

  it('[B69] a forged signature, one of another kind, a subject put in or left out', async () => {
    const forger = new FakeSns()
    forger.certificate = makeCertificate({ name: 'sns.amazonaws.com', from: 0, to: Date.now() + DAY_MS })
    await expectRefused(deliver(forger.notification(EVENT)), 403, 'sns_signature')
    await expectRefused(deliver({ ...sns.notification(EVENT), Signature: 'bm9uc2Vuc2U=' }), 403, 'sns_signature')
    await expectRefused(deliver({ ...sns.notification(EVENT), Signature: '' }), 403, 'sns_signature')
    await expectRefused(deliver({ ...sns.notification(EVENT), SignatureVersion: '1' }), 403, 'sns_signature')
    await expectRefused(deliver(sns.notification(EVENT, { SignatureVersion: '3' })), 403, 'sns_signature')
    await expectRefused(deliver({ ...sns.notification(EVENT), Subject: 'x' }), 403, 'sns_signature')
    const { Subject: _left, ...without } = sns.notification(EVENT, { Subject: 'x' })
    await expectRefused(deliver(without), 403, 'sns_signature')
  })

  it('[B69] a subscription whose token or address was changed', async () => {
    await expectRefused(deliver({ ...sns.confirmation(), Token: 'other' }), 403, 'sns_signature')
    await expectRefused(deliver({ ...sns.confirmation(), SubscribeURL: `${HOST}/?x` }), 403, 'sns_signature')
    expect(sns.asked).not.toContain(SUBSCRIBE_URL)
  })

  it.each([
    'https://evil.test/SimpleNotificationService-1.pem',
    'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.eu-central-1.amazonaws.com.evil.test/a.pem',
    'https://evil.test/sns.eu-central-1.amazonaws.com/a.pem',
    'https://sns.eu-central-1.amazonaws.com@evil.test/a.pem',
    'https://user:pass@sns.eu-central-1.amazonaws.com/a.pem',
    'https://sns.eu-central-1.amazonaws.com:8443/a.pem',
    'https://sns.eu-central-1.amazonaws.com/a.crt',
    'https://sns.eu-central-1.amazonaws.com/?a.pem',
    'https://sns.eu-central-1.amazonaws.com/a.pem?b',
    'https://sns.eu-central-1.amazonaws.com/a.pem#b',
    'https://s3.eu-central-1.amazonaws.com/a.pem',
    'https://sns.amazonaws.com/a.pem',
    'https://sns.eu-central-1.a.amazonaws.com/a.pem',
    'https://evil.sns.eu-central-1.amazonaws.com/a.pem',
    'https://sns.eu-central-1.amazonaws.com./a.pem',
    'https://sns.eu-central-1.amazonaws.co/a.pem',
    'file:///etc/ssl/a.pem',
    'a.pem',
  ])('[B70] a certificate from elsewhere: %s', async (SigningCertURL) => {
    await expectRefused(deliver(sns.notification(EVENT, { SigningCertURL })), 403, 'sns_certificate')
    expect(sns.asked).toEqual([])
  })

  it('[B70] takes the hosts of every region', async () => {
    for (const host of [
      'sns.us-gov-west-1.amazonaws.com',
      'sns.cn-north-1.amazonaws.com.cn',
      'SNS.ap-southeast-2.amazonaws.com',
    ]) {
      const SigningCertURL = `https://${host}/a.pem`
      sns.answers.set(SigningCertURL.toLowerCase(), () => ({ status: 200, body: Buffer.from(sns.certificate.pem) }))
      expect((await deliver(sns.notification(EVENT, { SigningCertURL })))?.status).toBe(200)
    }
  })

  /** A certificate at an address of its own: what was fetched before is kept. */
  function served(name: string, pem: string | Buffer, status = 200): string {
    const url = `${HOST}/${name}.pem`
    sns.answers.set(url, () => ({ status, body: Buffer.from(pem) }))
    return url
  }

  it.each([
    ['expired', { from: 0, to: Date.now() - DAY_MS }],
    ['not-yet-valid', { from: Date.now() + DAY_MS, to: Date.now() + 2 * DAY_MS }],
    ['a-short-key', { from: 0, to: Date.now() + DAY_MS, bits: 1024 }],
  ])('[B71] a certificate that cannot be used: %s', async (name, of) => {
    sns.certificate = makeCertificate({ name: 'sns.amazonaws.com', ...of })
    const SigningCertURL = served(name, sns.certificate.pem)
    await expectRefused(deliver(sns.notification(EVENT, { SigningCertURL })), 403, 'sns_certificate')
  })

  it('[B71] what is no certificate', async () => {
    for (const [name, body, status] of [
      ['text', 'hello', 200],
      ['missing', 'gone', 404],
      ['moved', sns.certificate.pem, 302],
    ] as const) {
      const SigningCertURL = served(name, body, status)
      await expectRefused(deliver(sns.notification(EVENT, { SigningCertURL })), 403, 'sns_certificate')
    }
  })

  it('[B71] a certificate that ends while it is kept', async () => {
    let now = Date.now()
    const own = await startDesk({
      sns: { topics: () => [TOPIC], get: sns.get },
      clock: { ...systemClock, now: () => now },
    })
    const send = () => post(own.port, '/alert/sns/door', JSON.stringify(sns.notification(EVENT)))
    expect((await send())?.status).toBe(200)
    now += 2 * DAY_MS
    expect(await send()).toMatchObject({ status: 403, json: { code: 'sns_certificate' } })
    // It is asked for again: the same address may have a new one by now.
    expect(sns.asked).toEqual([CERTIFICATE_URL, CERTIFICATE_URL])
    await own.close()
  })

  it('[B72] a certificate that cannot be fetched', async () => {
    const SigningCertURL = served('broken', '', 500)
    await expectRefused(deliver(sns.notification(EVENT, { SigningCertURL })), 503, 'sns_certificate')
    sns.answers.set(SigningCertURL, () => {
      throw new Error('unreachable')
    })
    await expectRefused(deliver(sns.notification(EVENT, { SigningCertURL })), 503, 'sns_certificate')
    served('broken', sns.certificate.pem)
    expect((await deliver(sns.notification(EVENT, { SigningCertURL })))?.status).toBe(200)
  })

  it('[B73] more certificates at once than are fetched', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const { promise: allAsked, resolve: noteAsked } = Promise.withResolvers<void>()
    const asked: string[] = []
    const own = await startDesk({
      sns: {
        get: async (url) => {
          if (asked.push(url) === 4) noteAsked()
          await held
          return { status: 404, body: Buffer.from('') }
        },
      },
    })
    const send = (name: string) =>
      post(
        own.port,
        '/alert/sns/door',
        JSON.stringify(sns.notification(EVENT, { SigningCertURL: `${HOST}/${name}.pem` })),
      )
    const waiting = ['a', 'b', 'c', 'd'].map(send)
    await allAsked
    expect(await send('e')).toMatchObject({ status: 503, json: { code: 'busy' } })
    release()
    expect((await Promise.all(waiting)).map((answer) => answer?.status)).toEqual([403, 403, 403, 403])
    expect(asked).toHaveLength(4)
    await own.close()
  })

  it.each(['hello', '', '{"a":1}{"a":2}', 'ALARM: "cpu" in EU'])(
    '[B74] a Message that is not one JSON value: %j',
    (text) => expectRefused(deliver(sns.notification(null, { Message: text })), 400, 'malformed_json'),
  )

  it('[B75] a repeat of a MessageId of a topic; with another message it is an event of its own', async () => {
    const message = sns.notification(EVENT)
    const first = await deliver(message)
    const before = desk.rows('event')
    const replayed = await deliver(message)
    const other = await deliver(sns.notification({ ...EVENT, title: 'other' }, { MessageId: message['MessageId'] }))
    expect(replayed?.json).toEqual(first?.json)
    expect(other).toMatchObject({ status: 200, json: { alerts: [{ title: 'other' }] } })
    expect(desk.rows('event')).toBe(before + 1)
  })

  it('[B76] a subscription of a topic that is not listed', async () => {
    topics = [`${TOPIC}-other`]
    const before = desk.rows('problem')
    await expectRefused(deliver(sns.confirmation()), 403, 'sns_topic')
    await expectRefused(deliver(sns.confirmation()), 403, 'sns_topic')
    expect(desk.rows('problem')).toBe(before + 1)
    expect(sns.asked).not.toContain(SUBSCRIBE_URL)
  })

  it.each(['https://evil.test/?Action=ConfirmSubscription', 'http://sns.eu-central-1.amazonaws.com/', 'nonsense'])(
    '[B77] a subscription that is to be confirmed elsewhere: %s',
    async (SubscribeURL) => {
      await expectRefused(deliver(sns.confirmation({ SubscribeURL })), 403, 'sns_confirmation')
      expect(sns.asked).not.toContain(SubscribeURL)
    },
  )
})
