import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../../tests/fakes/action-kit.ts'
import { AWS_PAIRS } from '../../../../tests/fakes/aws/aws-pairs.ts'
import { AWS_KEY, AWS_REGION, operation, startFakeAws, type FakeAws } from '../../../../tests/fakes/aws/fake-aws.ts'
import { refused } from '../../../../tests/fakes/aws/query-protocol.ts'
import type { Received, Step } from '../../../../tests/fakes/fake-remote.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { HttpPort } from '../../http/http-port.ts'
import { systemClock } from '../../ports/system-ports.ts'
import type { Intent, RunOutcome } from '../action-port.ts'
import { changedSince } from '../prior-state.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const subject = subjectOf(GOLDEN_ALERT)
const noStop = (): AbortSignal => new AbortController().signal

/** What reaches another address, another target, or looks like one. */
const HOSTILE = [
  '', '.', '..', '../admin', 'a/b', 'i-0123456789abcdef0/..', 'i-0123456789abcdef0\n', 'i-0123456789abcdef0\r\nHost: evil', 'i-0123456789abcdеf0',
  '\u202Ei-0123456789abcdef0', 'AKIAIOSFODNN7EXAMPLE&Action=DeleteUser', 'arn:aws:iam::123456789012:role/a', '0.0.0.0/0', '::/0', '203.0.113.7/24',
  '203.0.113.7/33', '::ffff:1.2.3.4', '10.0.0.0/8\n', 'x'.repeat(200), 7, null, ['i-0123456789abcdef0'],
] // prettier-ignore
/** These may be names of a role. */
const HOSTILE_IDS = [
  'i-0123456789ABCDEF0',
  'i-0123456789abcdef0,i-0123456789abcdef1',
  'AKIA',
  'ASIAIOSFODNN7EXAMPLE',
  '010.0.0.1',
  '1.2.3',
  '3405803783',
]

/** Values of a body as the card shows it, sorted: what stands in the form must be these. */
function leaves(value: JsonValue): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves).sort()
  return [String(value)]
}

const error = (status: number, code: string, message = 'Words of the service.'): Step => ({
  do: 'answer',
  ...refused('ec2', { status, code, message }),
})

describe.each(AWS_PAIRS)('$uses and $undo', (pair) => {
  const { uses, undo } = pair
  let fake: FakeAws
  let kit: ActionKit
  let args: JsonObject
  beforeEach(async () => {
    fake = await startFakeAws(SECRET)
    kit = kitOf()
    args = { ...accountWith('KEY'), ...pair.args }
  })
  afterEach(async () => {
    await kit.close()
    await fake.remote.close()
  })

  function kitOf(more: Parameters<typeof actionKit>[0] = {}): ActionKit {
    const secrets = secretsOf({ KEY: SECRET, WRONG: 'another-secret-key', ID: AWS_KEY })
    return actionKit({ secrets, clock: noWaits, urls: { AWS_ENDPOINT_URL: fake.remote.url }, ...more })
  }
  const accountWith = (secret: string): JsonObject => ({
    region: AWS_REGION,
    access_key_id: kit.handles.make('ID'),
    secret_access_key: kit.handles.make(secret),
  })
  const run = (intent: Intent, signal = noStop()): Promise<RunOutcome> => kit.actions.run(intent, subject, signal)
  const sent = (): Received[] => fake.remote.calls.filter(({ path }) => !/^\/(Describe|Get|List)/.test(path))
  const state = (): unknown => structuredClone([fake.ec2.interfaces, fake.ec2.instance, fake.ec2.entries, fake.iam])

  function resultOf(outcome: RunOutcome): JsonObject {
    expect(outcome).toMatchObject({ outcome: 'succeeded' })
    return (outcome as { result: JsonObject }).result // as it succeeded
  }

  function inverseOf(result: JsonValue): { uses: string; args: JsonObject } {
    const inverse = kit.actions.inverse(uses, args, result)
    if (inverse === null) throw new Error('there is no inverse')
    return inverse
  }

  it('sends what the plan shows, in its order and once, and has succeeded when the target reads so', async () => {
    const intent = await kit.intent(uses, args)
    expect(sent()).toEqual([])
    const rows = (word: string): string[] =>
      intent.plan.rows.filter(({ key }) => key.startsWith(word)).map(({ value }) => value)
    const result = resultOf(await run(intent))
    expect(result).toMatchObject({ changed: true, before: pair.before })
    expect(sent().map(({ path }) => path.slice(1))).toEqual(rows('Request').map((call) => call.replace(/^\w+ /, '')))
    const made = [...fake.ec2.groups].find(([, { name }]) => name === 'tocsin-isolation')?.[0] ?? ''
    const shown = rows('Body').map((body) =>
      leaves(JSON.parse(body) as JsonValue)
        .map((leaf) => leaf.replace('tocsin-isolation (new)', made))
        .sort(),
    )
    const forms = sent().map(({ body }) =>
      [...new URLSearchParams(body)]
        .filter(([name]) => !/^(Action|Version)$/.test(name))
        .map(([, value]) => value)
        .sort(),
    )
    // The time of a denial is that of its sending.
    const settled = (values: string[][]): string =>
      JSON.stringify(values).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'the moment at which this is sent')
    expect(settled(forms)).toBe(settled(shown))
  })

  it('is restored exactly by its inverse', async () => {
    const before = state()
    const result = resultOf(await run(await kit.intent(uses, args)))
    expect(state()).not.toEqual(before)
    const inverse = inverseOf(result)
    expect(inverse.uses).toBe(undo)
    const back = await kit.intent(undo, inverse.args, 'undo')
    expect(changedSince(result, back.plan)).toEqual([])
    expect(resultOf(await run(back))).toMatchObject({ changed: true, after: pair.before })
    expect(state()).toEqual(before)
  })

  it('changes nothing where it is so already, and has nothing to undo', async () => {
    if (pair.make === null) {
      // A denial of sessions is never so already: each has a moment of its own.
      const twice = [await run(await kit.intent(uses, args)), await run(await kit.intent(uses, args, 'again'))]
      expect(twice).toMatchObject([{ result: { changed: true } }, { result: { changed: true } }])
      return
    }
    pair.make(fake)
    const intent = await kit.intent(uses, args)
    expect(intent.plan.rows.at(-1)).toEqual({ key: 'Change', value: 'none: it is so already' })
    const result = resultOf(await run(intent))
    expect(result).toMatchObject({ changed: false })
    expect(kit.actions.inverse(uses, args, result)).toBe(null)
    expect(sent()).toEqual([])
  })

  it('tells what somebody else did since', async () => {
    const result = resultOf(await run(await kit.intent(uses, args)))
    const inverse = inverseOf(result)
    pair.take(fake)
    const planned = kit.actions.plan(undo, inverse.args, subject)
    await planned.then(
      (plan) => expect(changedSince(result, plan)).not.toEqual([]),
      (refusal: unknown) => expect(refusal).toMatchObject({ code: 'target_barred' }),
    )
  })

  it('sends nothing where the target changed between plan and run', async () => {
    const intent = await kit.intent(uses, args)
    pair.take(fake)
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'target_changed' } })
    expect(sent()).toEqual([])
  })

  it('says what was denied and by which secret, and keeps that to itself', async () => {
    const wrong = { ...args, ...accountWith('WRONG') }
    const message = expect.stringMatching(/403 SignatureDoesNotMatch.*secrets? .*WRONG/) as string
    await expect(kit.actions.plan(uses, wrong, subject)).rejects.toMatchObject({ code: 'key_refused', message })
    const intent = await kit.intent(uses, args)
    fake.remote.on(
      operation(pair.change),
      error(
        403,
        'UnauthorizedOperation',
        `You are not authorized: ${SECRET}. Encoded authorization failure message: abc`,
      ),
    )
    const outcome = await run(intent)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'key_refused' } })
    expect(JSON.stringify(outcome)).not.toContain('Encoded')
    expect(fake.changes).toEqual([])
    expect(JSON.stringify([outcome, intent, kit.logged])).not.toContain(SECRET)
  })

  it('sends again what was refused for the load, and gives up on a service that stays busy', async () => {
    const busy = error(503, 'RequestLimitExceeded')
    fake.remote.on(operation(pair.look), busy, { do: 'serve' })
    const intent = await kit.intent(uses, args)
    fake.remote.on(operation(pair.change), busy)
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(fake.remote.count(operation(pair.change))).toBe(3)
    expect(fake.changes).toEqual([])
    fake.remote.on(operation(pair.change), error(400, 'Throttling'), { do: 'serve' })
    expect(resultOf(await run(intent))).toMatchObject({ changed: true })
  })

  it('[S24] goes on after an answer that was lost, and sends nothing twice', async () => {
    const intent = await kit.intent(uses, args)
    fake.remote.on(operation(pair.change), { do: 'serve-and-reset' }, { do: 'serve' })
    const result = resultOf(await run(intent))
    expect(result).toMatchObject({ changed: true, before: pair.before })
    expect(sent().map(({ path }) => path)).toEqual(fake.changes.map(operation))
    expect(new Set(sent().map(({ body }) => body)).size).toBe(sent().length)
  })

  it.each([
    ['half an answer came', { do: 'half-body', body: '<' }],
    ['a gateway failed', { do: 'answer', status: 502, body: '<html>' }],
    ['something came that is no answer', { do: 'answer', status: 200, body: '<<<' }],
  ] as const)('[S24] leaves open what a request did when %s', async (_what, step) => {
    const intent = await kit.intent(uses, args)
    fake.remote.on(operation(pair.change), step)
    expect(await run(intent)).toMatchObject({ outcome: 'accepted', isTaken: false })
    expect(fake.remote.count(operation(pair.change))).toBe(1)
    expect(fake.changes).toEqual([])
  })

  it('[S24] leaves open what a request did that was not answered in time', async () => {
    const timers: (() => void)[] = []
    const onCall = {
      ...systemClock,
      after: (_delayMs: number, timeIsUp: () => void) => (timers.push(timeIsUp), () => {}),
    }
    const net = { 'net.allow': ['127.0.0.1'], 'net.proxy': '', 'net.caFile': '' }
    const http = new HttpPort({ settings: () => net, env: {}, clock: onCall })
    const patient = kit
    kit = kitOf({ http })
    const intent = await kit.intent(uses, args)
    fake.remote.on(operation(pair.change), { do: 'hold' })
    const running = run(intent)
    while (fake.remote.count(operation(pair.change)) === 0) await fake.remote.reached(fake.remote.calls.length + 1)
    timers.at(-1)?.()
    expect(await running).toMatchObject({ outcome: 'accepted', isTaken: false, error: { code: 'net_timeout' } })
    await http.close()
    await patient.close()
  })

  it('[S24] is unknown, not failed, when it is stopped after the request left', async () => {
    const intent = await kit.intent(uses, args)
    const stop = new AbortController()
    fake.remote.on(operation(pair.change), { do: 'hold' })
    const running = run(intent, stop.signal)
    while (fake.remote.count(operation(pair.change)) === 0) await fake.remote.reached(fake.remote.calls.length + 1)
    stop.abort()
    expect(await running).toMatchObject({ outcome: 'unknown' })
  })

  it('[S24] knows after a kill whether it was done', async () => {
    const probe = (intent: Intent) => kit.actions.probe(intent, subject, noStop())
    const intent = await kit.intent(uses, args)
    expect(await probe(intent)).toEqual({ state: 'not_done' })
    resultOf(await run(intent))
    expect(await probe(intent)).toMatchObject({ state: 'done', result: { changed: true, before: pair.before } })
  })

  const hostile = pair.target === 'role_name' ? HOSTILE : [...HOSTILE, ...HOSTILE_IDS]
  it.each(hostile.map((id) => [JSON.stringify(id), id]))('[S25] reaches nothing by the id %s', (_text, id) => {
    for (const either of [uses, undo]) {
      expect(() => kit.actions.describe(either, { ...args, [pair.target]: id })).toThrow(
        expect.objectContaining({ code: 'invalid_args' }),
      )
    }
    expect(fake.remote.calls).toEqual([])
  })

  it('[S25] follows no redirect, and sends no secret to a host that it does not name', async () => {
    fake.remote.on(operation(pair.look), { do: 'redirect', to: `${fake.remote.url}/elsewhere` })
    await expect(kit.actions.plan(uses, args, subject)).rejects.toMatchObject({ code: 'http_status' })
    expect(fake.remote.count(operation(pair.look))).toBe(1)
    const hosts = { KEY: ['*.amazonaws.com'] }
    const strict = kitOf({ secrets: secretsOf({ KEY: SECRET, ID: AWS_KEY }, hosts) })
    await expect(strict.actions.plan(uses, args, subject)).rejects.toMatchObject({ code: 'secret_host_refused' })
    expect(fake.remote.calls).toHaveLength(1)
    await strict.close()
  })

  it('tells a target that is not there', async () => {
    fake.remote.on(
      operation(pair.look),
      error(400, pair.look === 'ListAccessKeys' || pair.look === 'GetRole' ? 'NoSuchEntity' : 'InvalidID.NotFound'),
    )
    await expect(kit.actions.plan(uses, args, subject)).rejects.toMatchObject({ code: 'target_missing' })
  })
})
