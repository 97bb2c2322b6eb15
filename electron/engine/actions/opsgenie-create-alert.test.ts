import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, GOLDEN_ALERT, noWaits, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import {
  OPSGENIE_KEY,
  OPSGENIE_PATH,
  opsgenieAlertOf,
  startFakeOpsgenie,
  type OpsgenieCounts,
} from '../../../tests/fakes/fake-opsgenie.ts'
import type { FakeRemote, Step } from '../../../tests/fakes/fake-remote.ts'
import { attribute, GOLDEN_TICKET_ALERT, HOSTILE_ALERT } from '../../../tests/fakes/ticket-alerts.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { RunOutcome } from './action-port.ts'
import { alertField } from './alert-text.ts'

const counts: OpsgenieCounts = new Map()
let opsgenie: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  counts.clear()
  opsgenie = await startFakeOpsgenie(counts)
  kit = actionKit({ secrets: secretsOf({ OPSGENIE_KEY }), urls: { OPSGENIE_BASE_URL: opsgenie.url }, clock: noWaits })
})
afterEach(async () => {
  await kit.close()
  await opsgenie.close()
})

const argsOf = (more: JsonObject = {}): JsonObject => ({ secret_api_key: kit.handles.make('OPSGENIE_KEY'), ...more })

function create(more: JsonObject = {}, alert = GOLDEN_TICKET_ALERT): Promise<RunOutcome> {
  return kit.run('opsgenie.create_alert', argsOf(more), { alert })
}

const sent = (): ReturnType<typeof opsgenieAlertOf> => opsgenieAlertOf(opsgenie.calls.at(-1))

const answer = (status: number, headers: Record<string, string> = {}): Step => ({
  do: 'answer',
  status,
  headers,
  body: '{"message":"x"}',
})

describe('opsgenie.create_alert', () => {
  it('answers as AlertChain’s library does', async () => {
    opsgenie.on(OPSGENIE_PATH, answer(500), answer(429), { do: 'serve' })
    expect(await create()).toEqual({
      outcome: 'succeeded',
      result: {
        result: 'Request will be processed',
        took: 0.107,
        requestId: '43a29c5c-3dbf-4fa4-9c26-f4f71023e120',
        RateLimitState: 'OK',
        RateLimitReason: 'ACCOUNT',
        RateLimitPeriod: '60',
        RetryCount: 2,
      },
    })
    expect(await create()).toMatchObject({ result: { RetryCount: 0 } })
  })

  it('sends the alert, its values as JSON', async () => {
    await create()
    expect(sent()).toEqual({
      message: 'My Title',
      alias: GOLDEN_TICKET_ALERT.id,
      description: 'My Desc',
      source: 'alertchain',
      details: {
        ip: '192.0.2.1',
        n: '1.5',
        obj: '{"a":["x",null],"b":1}',
        note: '**md**',
        nil: 'null',
        big: '1677835445',
      },
    })
  })

  it('tells responders under both names, and keeps the last of equal keys', async () => {
    const attrs = [attribute('a', 1), attribute('__proto__', 'p'), attribute('a', 2)]
    const responders = [{ type: 'team', name: 'soc', id: '' }]
    const teams = [
      { type: 'user', username: 'a@e.example' },
      { type: 'schedule', id: 's1' },
    ]
    await create({ responders, responder_teams: teams }, { ...GOLDEN_ALERT, description: '', attrs })
    const body = opsgenie.calls[0]?.body ?? ''
    expect(JSON.parse(body)).not.toHaveProperty('description')
    expect(body).toContain('"details":{"a":"2","__proto__":"p"}')
    expect(sent().responders).toEqual([{ type: 'team', name: 'soc' }, ...teams])
  })

  it('[S20] keeps within Opsgenie’s limits, whatever the alert holds, and sends no tags', async () => {
    const long = '<b>😀'.repeat(20_000)
    const attrs = Array.from({ length: 300 }, (_, n) => attribute(`k${n}`, long))
    const alert: JsonObject = { ...GOLDEN_ALERT, title: long, description: long, attrs }
    expect(await create({}, alert)).toMatchObject({ outcome: 'succeeded' })
    expect(sent().description).toMatch(/more characters\)$/)
    expect(sent().details?.['further attributes']).toMatch(/^29\d$/)
    expect(opsgenie.calls[0]?.body).not.toMatch(/<(?=[A-Za-z/!])/)
    const title = `start ${'x'.repeat(200)} end`
    await create({}, { ...GOLDEN_ALERT, title })
    expect(sent()).toMatchObject({ description: `${title}\n\nMy Desc` })
    await create({}, HOSTILE_ALERT)
    await create({}, { ...GOLDEN_ALERT, title: '' })
    expect(sent().message).toBe(`Alert ${alertField(GOLDEN_ALERT, 'id')}`)
  })

  it.each<[string, Step, string, number]>([
    ['401', answer(401), 'http_status', 1],
    ['403', answer(403), 'http_status', 1],
    ['422', answer(422), 'http_status', 1],
    ['200', answer(200), 'http_status', 1],
    [
      '202 without JSON',
      { do: 'answer', status: 202, headers: { 'content-type': 'text/html' }, body: 'x' },
      'bad_answer',
      1,
    ],
    ['429', answer(429, { 'retry-after': '1' }), 'http_status', 5],
    ['429 with a Retry-After beyond the time-out', answer(429, { 'retry-after': '3600' }), 'http_status', 1],
    ['503', answer(503), 'http_status', 5],
    ['a broken connection', { do: 'reset', when: 'after-body' }, 'net_reset', 5],
    ['half an answer', { do: 'half-body', status: 202, body: '{"re' }, 'net_reset', 5],
  ])('[S24] fails at %s', async (_what, step, code, tries) => {
    opsgenie.on(OPSGENIE_PATH, step)
    expect(await create()).toMatchObject({ outcome: 'failed', error: { code } })
    expect(opsgenie.calls).toHaveLength(tries)
  })

  it('[S24] makes one alert of two tries', async () => {
    opsgenie.on(OPSGENIE_PATH, { do: 'half-body', status: 202, body: '{' }, { do: 'serve' })
    await create()
    await create()
    expect([...counts]).toEqual([[GOLDEN_TICKET_ALERT.id, 2]])
  })

  it('[S10] shows no key that Opsgenie repeats', async () => {
    await kit.close()
    const wrong = 'wrong-key-0123456789'
    kit = actionKit({ secrets: secretsOf({ OPSGENIE_KEY: wrong }), urls: { OPSGENIE_BASE_URL: opsgenie.url } })
    const outcome = await create()
    expect(JSON.stringify(outcome)).toContain('Key [[REDACTED]] is not valid')
    expect(JSON.stringify([outcome, kit.logged])).not.toContain(wrong)
  })

  it('shows before what it will send', async () => {
    const args = argsOf({ responders: [{ type: 'team', name: 'soc' }] })
    expect(kit.actions.describe('opsgenie.create_alert', args)).toMatchObject({
      effect: 'notify',
      title: 'Create an alert in Opsgenie',
      target: 'team soc',
      isIdempotent: true,
      undo: null,
      secretArgs: ['secret_api_key'],
    })
    const { rows } = await kit.actions.plan('opsgenie.create_alert', args, {
      alert: GOLDEN_TICKET_ALERT,
      alertId: 'alert-1',
      chainId: 'c',
    })
    expect(Object.fromEntries(rows.map(({ key, value }) => [key, value]))).toMatchObject({
      'Sent to': new URL(opsgenie.url).host,
      Message: 'My Title',
      Alias: GOLDEN_TICKET_ALERT.id,
      Responders: 'team soc',
      Description: 'My Desc',
      'Detail ip': '192.0.2.1',
    })
  })

  it.each<[string, JsonObject]>([
    ['responders', { responders: 'soc' }],
    ['responders.0.type', { responders: [{ name: 'soc' }] }],
    ['names nobody', { responder_teams: [{ type: 'team' }] }],
    ['no argument priority', { priority: 'P1' }],
  ])('refuses a wrong %s', (name, change) => {
    expect(() => kit.actions.describe('opsgenie.create_alert', argsOf(change))).toThrow(name)
  })
})
