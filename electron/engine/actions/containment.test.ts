import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../tests/fakes/action-kit.ts'
import { defenderWorld } from '../../../tests/fakes/contained-machines.ts'
import { adguardWorld, cloudflareWorld, piholeWorld } from '../../../tests/fakes/contained-network.ts'
import { entraWorld, githubWorld, googleWorld } from '../../../tests/fakes/contained-identity.ts'
import { crowdstrikeWorld, oktaWorld, type ContainedWorld } from '../../../tests/fakes/contained-world.ts'
import { declaredWorld } from '../../../tests/fakes/declared-world.ts'
import { isAt, type Received } from '../../../tests/fakes/fake-remote.ts'
import { HOSTILE_IDS } from '../../../tests/fakes/hostile-ids.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { HttpPort } from '../http/http-port.ts'
import { systemClock } from '../ports/system-ports.ts'
import type { Intent, RunOutcome } from './action-port.ts'
import { said } from '../forms/said.ts'
import { changedSince, stateDifferences } from './prior-state.ts'

const subject = subjectOf(GOLDEN_ALERT)
const noStop = (): AbortSignal => new AbortController().signal

const kitOf = (
  { secret, wrong, urls = {}, declaredIn = () => null }: ContainedWorld,
  more: Parameters<typeof actionKit>[0] = {},
): ActionKit =>
  actionKit({ secrets: secretsOf({ KEY: secret, WRONG: wrong.secret }), clock: noWaits, urls, declaredIn, ...more })

const WITH_BASE_URL = [
  ['okta.suspend_user', 'okta.unsuspend_user', oktaWorld],
  ['crowdstrike.contain_host', 'crowdstrike.lift_containment', crowdstrikeWorld],
] as const

/** These have a status from which the target cannot be contained. */
const WITH_BARRED = [
  ...WITH_BASE_URL,
  ['cloudflare.block_ip', 'cloudflare.unblock_ip', cloudflareWorld],
  ['google.suspend_user', 'google.restore_user', googleWorld],
  ['switch.seal_port', 'switch.open_port', declaredWorld],
  ['github.block_user', 'github.unblock_user', githubWorld],
] as const

const DNS = [
  ['pihole.block_domain', 'pihole.unblock_domain', piholeWorld],
  ['adguard.block_domain', 'adguard.unblock_domain', adguardWorld],
] as const

const ALL = [
  ...WITH_BARRED,
  ['defender.isolate_machine', 'defender.release_machine', defenderWorld],
  ['entra.disable_user', 'entra.enable_user', entraWorld],
  ...DNS,
] as const

describe.each(ALL)('%s and %s', (uses, undoUses, open) => {
  let world: ContainedWorld
  let kit: ActionKit
  let args: JsonObject
  beforeEach(async () => {
    world = await open()
    kit = kitOf(world)
    args = world.argsWith(kit.handles.make('KEY'))
  })
  afterEach(async () => {
    await kit.close()
    await world.remote.close()
  })

  const run = (intent: Intent, signal = noStop()): Promise<RunOutcome> => kit.actions.run(intent, subject, signal)
  const plan = (verb: string, given: JsonObject) => kit.actions.plan(verb, given, subject)
  const sent = (path: string): number => world.remote.count(path)

  function resultOf(outcome: RunOutcome): JsonObject {
    expect(outcome).toMatchObject({ outcome: 'succeeded' })
    return (outcome as { result: JsonObject }).result // as it succeeded
  }

  async function contained(): Promise<JsonObject> {
    return resultOf(await run(await kit.intent(uses, args)))
  }

  function inverseOf(result: JsonValue): { uses: string; args: JsonObject } {
    const inverse = kit.actions.inverse(uses, args, result)
    if (inverse === null) throw new Error('there is no inverse')
    return inverse
  }

  it('sends what the plan shows, once, and has succeeded when the target reads so', async () => {
    const { free, contained: so } = world.words
    const intent = await kit.intent(uses, args)
    const posts = (): Received[] => world.remote.calls.filter((call) => isAt(call, world.paths.contain))
    expect(posts()).toEqual([])
    const rowOf = (name: string): string | undefined => intent.plan.rows.find(({ key }) => key === name)?.value
    for (const [name, value] of Object.entries(world.stateOf(free))) {
      expect(intent.plan.rows).toContainEqual({ key: `Present ${name}`, value: said(value) })
    }
    const result = resultOf(await run(intent))
    expect(result).toMatchObject({
      id: world.target.id,
      changed: true,
      before: world.stateOf(free),
      after: world.stateOf(so),
    })
    const [call] = posts()
    const query = call?.query.size === 0 ? '' : `?${String(call?.query)}`
    expect(`${call?.method} ${world.remote.url}${call?.path}${query}`).toBe(rowOf('Request'))
    expect((world.bodyOnCard ?? String)(call?.body ?? '')).toBe(rowOf('Body') ?? '')
    expect(posts()).toHaveLength(1)
    expect(world.status()).toBe(so)
    expect(world.changes()).toHaveLength(1)
  })

  it('changes nothing where it is so already, and has nothing to undo', async () => {
    world.set(world.words.contained)
    const intent = await kit.intent(uses, args)
    expect(intent.plan.rows.at(-1)).toEqual({ key: 'Change', value: 'none: it is so already' })
    const result = resultOf(await run(intent))
    expect(result).toMatchObject({ changed: false, before: world.stateOf(world.words.contained) })
    expect(kit.actions.inverse(uses, args, result)).toBe(null)
    expect(world.changes()).toEqual([])
  })

  it('is restored exactly by its inverse, which asks for the very target', async () => {
    const result = await contained()
    const inverse = inverseOf(result)
    expect(inverse).toMatchObject({ uses: undoUses, args: { [world.target.arg]: world.target.inverse } })
    const undo = await kit.intent(inverse.uses, inverse.args, 'undo')
    expect(changedSince(result, undo.plan)).toEqual([])
    expect(resultOf(await run(undo))).toMatchObject({ changed: true, after: world.stateOf(world.words.free) })
    expect(world.status()).toBe(world.words.free)
    expect(world.changes()).toEqual(world.verbs)
  })

  it('is told apart from what somebody else did since', async () => {
    const result = await contained()
    const inverse = inverseOf(result)
    const { contained: left, free } = world.words
    world.set(free)
    const differences = changedSince(result, await plan(inverse.uses, inverse.args))
    const is = world.stateOf(free)
    for (const [name, was] of Object.entries(world.stateOf(left))) {
      expect(differences).toContain(`${name}: was left ${said(was)}, is ${said(is[name])}`)
    }
  })

  it('sends nothing where the target changed between plan and run', async () => {
    const { free, contained: so, barred } = world.words
    if (barred !== undefined) {
      const intent = await kit.intent(uses, args)
      world.set(barred)
      expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'target_changed' } })
    }
    world.set(so)
    const late = await kit.intent(uses, args)
    world.set(free)
    expect(await run(late)).toMatchObject({ outcome: 'failed', error: { code: 'target_changed' } })
    expect(world.changes()).toEqual([])
  })

  it('says which secret was refused, and keeps it to itself', async () => {
    const { code, message } = world.wrong
    const wrong = world.argsWith(kit.handles.make('WRONG'))
    await expect(plan(uses, wrong)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
    const intent = await kit.intent(uses, args)
    world.remote.on(world.paths.contain, { do: 'answer', status: 403, body: `no rights for ${world.secret}` })
    const outcome = await run(intent)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'key_refused' } })
    expect(world.changes()).toEqual([])
    expect(JSON.stringify([outcome, intent, kit.logged])).not.toContain(JSON.stringify(world.secret).slice(1, -1))
  })

  it('waits as long as a service asks that has too many requests, and sends again', async () => {
    const busy = { do: 'answer', status: 429, headers: { 'retry-after': '2' } } as const
    world.remote.on(world.paths.read, busy, { do: 'serve' })
    const intent = await kit.intent(uses, args)
    world.remote.on(world.paths.contain, busy, { do: 'serve' })
    expect(resultOf(await run(intent))).toMatchObject({ changed: true })
    expect(sent(world.paths.contain)).toBe(2)
    expect(world.changes()).toHaveLength(1)
  })

  it('gives up on a service that stays busy, with nothing done', async () => {
    const intent = await kit.intent(uses, args)
    world.remote.on(world.paths.contain, { do: 'answer', status: 429, headers: { 'retry-after': '500' } })
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(sent(world.paths.contain)).toBe(1)
  })

  it.each([
    ['no answer came', { do: 'serve-and-reset' }],
    ['half an answer came', { do: 'half-body', body: '{}' }],
    ['a gateway failed', { do: 'answer', status: 502 }],
  ] as const)('[S24] looks at the target when %s, and never sends twice', async (what, step) => {
    const intent = await kit.intent(uses, args)
    world.remote.on(world.paths.contain, step)
    const outcome = await run(intent)
    // Only the first one is taken by the service.
    if (step.do === 'serve-and-reset') expect(resultOf(outcome)).toMatchObject({ changed: true })
    else expect({ what, outcome }).toMatchObject({ outcome: { outcome: 'accepted', isTaken: false } })
    expect(sent(world.paths.contain)).toBe(1)
    expect(world.changes().length).toBe(step.do === 'serve-and-reset' ? 1 : 0)
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
    kit = kitOf(world, { http })
    const intent = await kit.intent(uses, args)
    world.remote.on(world.paths.contain, { do: 'hold' })
    const before = world.remote.calls.length
    const running = run(intent)
    await world.remote.reached(before + world.looks + (world.checks ?? 0) + 1)
    timers.at(-1)?.()
    expect(await running).toMatchObject({ outcome: 'accepted', isTaken: false, error: { code: 'net_timeout' } })
    expect(sent(world.paths.contain)).toBe(1)
    await http.close()
    await patient.close()
  })

  const confirm = (intent: Intent, known: JsonValue) => kit.actions.confirm(intent, known, subject, noStop())

  async function accepted(intent: Intent): Promise<JsonValue> {
    const outcome = await run(intent)
    expect(outcome).toMatchObject({ outcome: 'accepted', isTaken: true })
    return (outcome as { accepted: JsonValue }).accepted // as it was accepted
  }

  it('looks more than once at a target that follows soon', async () => {
    const intent = await kit.intent(uses, args)
    world.lag(2)
    expect(resultOf(await run(intent))).toMatchObject({ changed: true, after: world.stateOf(world.words.contained) })
    expect(world.changes()).toHaveLength(1)
  })

  it('is not confirmed on the service’s word alone', async () => {
    const intent = await kit.intent(uses, args)
    world.lag(6)
    const known = await accepted(intent)
    expect(await confirm(intent, known)).toMatchObject({ state: 'pending' })
    expect(await confirm(intent, known)).toMatchObject({ state: 'pending' })
    expect(await confirm(intent, known)).toMatchObject({
      state: 'confirmed',
      result: { changed: true, before: world.stateOf(world.words.free), after: world.stateOf(world.words.contained) },
    })
    expect(world.changes()).toHaveLength(1)
  })

  it('is not confirmed while its target cannot be read, and says why', async () => {
    const intent = await kit.intent(uses, args)
    world.lag(1000)
    const known = await accepted(intent)
    await world.remote.close()
    expect(await confirm(intent, known)).toMatchObject({
      state: 'pending',
      message: expect.stringMatching(/./) as string,
    })
  })

  it('tells whether it still stands, what changed, and that it could not look', async () => {
    const result = await contained()
    const verify = () => kit.actions.verify({ uses, args, result, policyVersionId: '' }, noStop())
    expect(await verify()).toEqual({ state: 'holds' })
    world.set(world.words.free)
    const [difference] = stateDifferences(world.stateOf(world.words.contained), world.stateOf(world.words.free))
    const differences = expect.arrayContaining([difference]) as string[]
    expect(await verify()).toEqual({ state: 'drifted', differences, isReleased: true })
    await world.remote.close()
    expect(await verify()).toMatchObject({ state: 'unreadable' })
    expect(world.changes()).toHaveLength(1)
  })

  it('[S24] is unknown, not failed, when it is stopped after the request left', async () => {
    const intent = await kit.intent(uses, args)
    const stop = new AbortController()
    world.remote.on(world.paths.contain, { do: 'hold' })
    const before = world.remote.calls.length
    const running = run(intent, stop.signal)
    // One look at the target, then the request.
    await world.remote.reached(before + world.looks + (world.checks ?? 0) + 1)
    stop.abort()
    expect(await running).toMatchObject({ outcome: 'unknown' })
  })

  describe('[S24] killed between intent and outcome', () => {
    const probe = (intent: Intent) => kit.actions.probe(intent, subject, noStop())

    it('is done when the target reads so, and not done when it does not', async () => {
      const intent = await kit.intent(uses, args)
      // What was taken may not show yet where a service's states follow late: then it is looked for, and never sent again.
      expect(await probe(intent)).toMatchObject(
        world.showsLate ? { state: 'accepted', isTaken: false } : { state: 'not_done' },
      )
      resultOf(await run(intent))
      const found = await probe(intent)
      expect(found).toMatchObject({ state: 'done', result: { changed: true, before: world.stateOf(world.words.free) } })
      expect(world.changes()).toHaveLength(1)
    })

    it('is nobody’s act of ours when the plan said that it was so before', async () => {
      world.set(world.words.contained)
      const found = await probe(await kit.intent(uses, args))
      expect(found).toMatchObject({ state: 'done', result: { changed: false } })
    })

    it('is unknown while the service cannot be asked', async () => {
      const intent = await kit.intent(uses, args)
      await world.remote.close()
      expect(await probe(intent)).toMatchObject({ state: 'unknown' })
    })
  })

  it.each(HOSTILE_IDS.map((id) => [JSON.stringify(id), id]))('[S25] reaches nothing by the id %s', (_text, id) => {
    const hostile = { ...args, [world.target.arg]: id }
    for (const either of [uses, undoUses]) {
      expect(() => kit.actions.describe(either, hostile)).toThrow(expect.objectContaining({ code: 'invalid_args' }))
    }
    expect(world.remote.calls).toEqual([])
  })

  it('[S25] reaches nothing by what names another target here', () => {
    for (const id of world.hostile ?? []) {
      const hostile = { ...args, [world.target.arg]: id }
      expect(() => kit.actions.describe(uses, hostile)).toThrow(expect.objectContaining({ code: 'invalid_args' }))
    }
    expect(world.remote.calls).toEqual([])
  })

  it('[S25] does not follow a redirect', async () => {
    world.remote.on(world.paths.read, { do: 'redirect', to: `${world.remote.url}/elsewhere` })
    await expect(plan(uses, args)).rejects.toMatchObject({ code: expect.any(String) as string })
    expect(sent('/elsewhere')).toBe(0)
  })

  it('does not tell a target that is gone from one that is not seen', async () => {
    world.remote.on(world.paths.read, { do: 'answer', status: 404 })
    await expect(plan(uses, args)).rejects.toMatchObject({ code: 'target_missing' })
    world.remote.on(world.paths.read, { do: 'answer', body: '{"resources":[{}]}' })
    await expect(plan(uses, args)).rejects.toMatchObject({ code: 'bad_answer' })
  })
})

describe.each([...WITH_BASE_URL, ...DNS])('%s', (uses, _undo, open) => {
  it.each([
    'ftp://h.example',
    'https://user:pw@h.example',
    'https://h.example/?a=',
    'https://h.example/#a',
    'h.example',
  ])('[S25] takes no address like %s', async (base_url) => {
    const world = await open()
    const kit = kitOf(world)
    const args = { ...world.argsWith('k'), base_url }
    expect(() => kit.actions.describe(uses, args)).toThrow(expect.objectContaining({ code: 'invalid_args' }))
    await kit.close()
    await world.remote.close()
  })
})

describe.each(WITH_BARRED)('%s and %s', (uses, undoUses, open) => {
  it('plan nothing for a target that they could not restore', async () => {
    const world = await open()
    const kit = kitOf(world)
    const args = world.argsWith(kit.handles.make('KEY'))
    const { barred = '' } = world.words
    world.set(barred)
    const message = expect.stringContaining(barred) as string
    await expect(kit.actions.plan(uses, args, subject)).rejects.toMatchObject({ code: 'target_barred', message })
    await expect(kit.actions.plan(undoUses, args, subject)).rejects.toMatchObject({ code: 'target_barred' })
    await kit.close()
    await world.remote.close()
  })
})
