import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../tests/fakes/action-kit.ts'
import { isAt, type Received } from '../../../tests/fakes/fake-remote.ts'
import { HOSTILE_IDS } from '../../../tests/fakes/hostile-ids.ts'
import {
  entraSessionsWorld,
  oktaSessionsWorld,
  type IrreversibleWorld,
} from '../../../tests/fakes/irreversible-world.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { Intent, RunOutcome } from './action-port.ts'

const subject = subjectOf(GOLDEN_ALERT)
const noStop = (): AbortSignal => new AbortController().signal

describe.each([
  ['okta.clear_sessions', oktaSessionsWorld],
  ['entra.revoke_sessions', entraSessionsWorld],
])('%s', (uses, open) => {
  let world: IrreversibleWorld
  let kit: ActionKit
  let args: JsonObject
  beforeEach(async () => {
    world = await open()
    const secrets = secretsOf({ KEY: world.secret, WRONG: world.wrong.secret })
    kit = actionKit({ secrets, clock: noWaits, urls: world.urls ?? {} })
    args = world.argsWith(kit.handles.make('KEY'))
  })
  afterEach(async () => {
    await kit.close()
    await world.remote.close()
  })

  const run = (intent: Intent): Promise<RunOutcome> => kit.actions.run(intent, subject, noStop())
  const sent = (): Received[] => world.remote.calls.filter((call) => isAt(call, world.paths.change))

  it('sends what the plan shows, once, and has succeeded when the target reads so', async () => {
    const intent = await kit.intent(uses, args)
    const rowOf = (name: string): string | undefined => intent.plan.rows.find(({ key }) => key === name)?.value
    expect(sent()).toEqual([])
    expect(await run(intent)).toMatchObject({
      outcome: 'succeeded',
      result: { id: world.target.id, changed: true },
    })
    const [call] = sent()
    const query = call?.query.size === 0 ? '' : `?${String(call?.query)}`
    expect(`${call?.method} ${world.remote.url}${call?.path}${query}`).toBe(rowOf('Request'))
    expect(sent()).toHaveLength(1)
    expect(world.changes()).toHaveLength(1)
  })

  it('is marked as what cannot be taken back, with the reason, and has no inverse', async () => {
    const outcome = await run(await kit.intent(uses, args))
    if (outcome.outcome !== 'succeeded') throw new Error('it did not succeed')
    expect(kit.actions.inverse(uses, args, outcome.result)).toBe(null)
    const facts = { effect: 'contain', isIrreversible: true, undo: null, canVerify: false }
    expect(kit.actions.describe(uses, args)).toMatchObject(facts)
  })

  it('does it again when it is asked again: what was done before ended what there was then', async () => {
    await run(await kit.intent(uses, args))
    expect(await run(await kit.intent(uses, args))).toMatchObject({ outcome: 'succeeded', result: { changed: true } })
    expect(world.changes()).toHaveLength(2)
  })

  it('sends nothing where somebody else did it between plan and run', async () => {
    const intent = await kit.intent(uses, args)
    world.doElsewhere()
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'target_changed' } })
    expect(world.changes()).toEqual([])
  })

  it('[S10] says which secret was refused, and keeps it to itself', async () => {
    const { code, message } = world.wrong
    const wrong = world.argsWith(kit.handles.make('WRONG'))
    await expect(kit.actions.plan(uses, wrong, subject)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
    const intent = await kit.intent(uses, args)
    world.remote.on(world.paths.change, { do: 'answer', status: 403, body: `no rights for ${world.secret}` })
    const outcome = await run(intent)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'key_refused' } })
    expect(world.changes()).toEqual([])
    expect(JSON.stringify([outcome, intent, kit.logged])).not.toContain(world.secret)
  })

  it('waits as long as a service asks that has too many requests, and sends again', async () => {
    const intent = await kit.intent(uses, args)
    const busy = { do: 'answer', status: 429, headers: { 'retry-after': '2' } } as const
    world.remote.on(world.paths.change, busy, { do: 'serve' })
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded', result: { changed: true } })
    expect(sent()).toHaveLength(2)
    expect(world.changes()).toHaveLength(1)
  })

  it('[S24] looks at the target when no answer came, and never sends twice', async () => {
    const intent = await kit.intent(uses, args)
    world.remote.on(world.paths.change, { do: 'serve-and-reset' })
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded', result: { changed: true } })
    expect(sent()).toHaveLength(1)
  })

  it('[S24] leaves open what a gateway failed on that the target does not show', async () => {
    const intent = await kit.intent(uses, args)
    world.remote.on(world.paths.change, { do: 'answer', status: 502 })
    expect((await run(intent)).outcome).not.toMatch(/succeeded|failed/)
    expect(sent()).toHaveLength(1)
  })

  it('is confirmed by what is read, late or never, not by the service’s word', async () => {
    world.lag(3)
    expect(await run(await kit.intent(uses, args))).toMatchObject({ outcome: 'succeeded' })
    world.lag(1000)
    const outcome = await run(await kit.intent(uses, args))
    expect(outcome.outcome).not.toMatch(/succeeded|failed/)
    expect(world.changes()).toHaveLength(2)
  })

  it('[S24] tells after a crash that it was done, and does not take what shows late for not done', async () => {
    const intent = await kit.intent(uses, args)
    const found = await kit.actions.probe(intent, subject, noStop())
    expect(found).toMatchObject({ state: 'accepted', isTaken: false })
    await run(intent)
    expect(await kit.actions.probe(intent, subject, noStop())).toMatchObject({
      state: 'done',
      result: { id: world.target.id, changed: true },
    })
    expect(world.changes()).toHaveLength(1)
  })

  it('[S24] is unknown after a crash while the service cannot be asked', async () => {
    const intent = await kit.intent(uses, args)
    await world.remote.close()
    expect(await kit.actions.probe(intent, subject, noStop())).toMatchObject({ state: 'unknown' })
  })

  it('[S25] reaches nothing by what names another target, or none', () => {
    const { arg } = world.target
    for (const id of [...HOSTILE_IDS, ...(world.hostile ?? [])]) {
      const hostile = arg === undefined ? args : { ...args, [arg]: id }
      expect(() => kit.actions.describe(uses, hostile)).toThrow(expect.objectContaining({ code: 'invalid_args' }))
    }
    expect(world.remote.calls).toEqual([])
  })

  it('[S25] does not follow a redirect', async () => {
    world.remote.on(world.paths.read, { do: 'redirect', to: `${world.remote.url}/elsewhere` })
    await expect(kit.intent(uses, args)).rejects.toMatchObject({ code: expect.any(String) as string })
    expect(world.remote.count('/elsewhere')).toBe(0)
  })
})
