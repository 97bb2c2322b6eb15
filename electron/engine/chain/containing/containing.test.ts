import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Confirmation, RunOutcome, Verification } from '../../actions/action-port.ts'
import { openChainWorld, type Behaviour, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import { containmentList } from '../../store/queries/containments.ts'

const HOUR_MS = 3_600_000
const RESULT = { changed: true, before: { status: 'normal' }, after: { status: 'contained' } }

const ACCEPTED: RunOutcome = {
  outcome: 'accepted',
  accepted: { id: 'h1' },
  isTaken: true,
  error: { code: 'not_confirmed', message: 'taken: status pending' },
}

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

/** Contains under a policy that asks nobody, and says so to somebody in the next round. */
async function contain(behaviour: Behaviour, approval: JsonValue = false): Promise<string> {
  world.actions.on('contain.c', { inverse: 'contain.undo', ...behaviour })
  const run = [{ id: 'c', uses: 'contain.c', args: {}, approval }]
  world.policy.publish((input: JsonObject): JsonValue => {
    if (input['seq'] === 0) return { run }
    return { run: input['called'] === null ? [] : [{ id: 'tell', uses: 'notify.n', args: {} }] }
  })
  return (await world.alert()).id
}

/** What falls due is seen to in turns: one begins with the time, and one that a turn left over follows soon. */
async function later(ms: number): Promise<void> {
  for (const step of [ms, 1500, 1500]) {
    world.store.clock.advance(step)
    await world.service.whenIdle()
  }
}

const ran = (): string[] => world.actions.calls.map(({ uses }) => uses)
const rows = () => containmentList(world.store.db).rows
const attemptId = (chainId: string): string =>
  world.approvals.latestAttempt(world.actionsOf(chainId)[0]?.id ?? '')?.id ?? ''

describe('confirming', () => {
  it('succeeds when the target reads so, and only then goes on', async () => {
    let found: Confirmation = { state: 'pending', isComing: true, message: 'status pending' }
    const chainId = await contain({ run: () => ACCEPTED, confirm: () => found })
    expect(world.states(chainId)).toEqual([['c', 'confirming']])
    await later(HOUR_MS)
    expect(world.states(chainId)).toEqual([['c', 'confirming']])
    found = { state: 'confirmed', result: RESULT }
    await later(HOUR_MS)
    expect(world.states(chainId)).toEqual([
      ['c', 'succeeded'],
      ['tell', 'succeeded'],
    ])
    expect(world.approvals.latestAttempt(world.actionsOf(chainId)[0]?.id ?? '')).toMatchObject({
      outcomeBy: 'confirmation',
      result: RESULT,
    })
    expect(ran()).toEqual(['contain.c', 'notify.n'])
  })

  it('[S24] goes on over a crash, looks at once, and sends nothing again', async () => {
    let found: Confirmation = { state: 'pending', isComing: false, message: 'off line' }
    const asked: JsonValue[] = []
    const confirm: Behaviour['confirm'] = (_intent, accepted) => (asked.push(accepted), found)
    const chainId = await contain({ run: () => ACCEPTED, confirm })
    await world.crash()
    expect(world.states(chainId)).toEqual([['c', 'confirming']])
    expect(asked).toEqual([{ id: 'h1' }])
    found = { state: 'confirmed', result: RESULT }
    await world.crash()
    expect(world.states(chainId)[0]).toEqual(['c', 'succeeded'])
    expect(ran().filter((uses) => uses === 'contain.c')).toHaveLength(1)
  })

  it('[S24] is left to the analyst when a day has passed, and minutes after what may not have been taken', async () => {
    const pending: Confirmation = { state: 'pending', isComing: false, message: 'status normal' }
    const taken = await contain({ run: () => ACCEPTED, confirm: () => pending })
    await later(23 * HOUR_MS)
    expect(world.states(taken)).toEqual([['c', 'confirming']])
    await later(2 * HOUR_MS)
    expect(world.states(taken)).toEqual([['c', 'unknown']])
    expect(world.actionsOf(taken)[0]?.error).toMatchObject({
      code: 'not_confirmed',
      message: expect.stringContaining('status normal') as string,
    })
    const lost = await contain({ run: () => ({ ...ACCEPTED, isTaken: false }), confirm: () => pending })
    await later(100_000)
    expect(world.states(lost)).toEqual([['c', 'confirming']])
    await later(100_000)
    expect(world.states(lost)).toEqual([['c', 'unknown']])
  })

  it('is looked for further when its target has once shown that it is under way, and cannot be read then', async () => {
    let found: Confirmation = { state: 'pending', isComing: true, message: 'status pending' }
    const chainId = await contain({ run: () => ({ ...ACCEPTED, isTaken: false }), confirm: () => found })
    await later(HOUR_MS)
    found = { state: 'pending', isComing: false, message: 'no answer' }
    await later(HOUR_MS)
    expect(world.states(chainId)).toEqual([['c', 'confirming']])
    found = { state: 'confirmed', result: RESULT }
    await later(HOUR_MS)
    expect(world.states(chainId)[0]).toEqual(['c', 'succeeded'])
  })

  it('fails with the reason of a service that gave it up', async () => {
    const error = { code: 'service_gave_up', message: 'Cancelled by somebody: it was not done.' }
    const chainId = await contain({ run: () => ACCEPTED, confirm: () => ({ state: 'failed', error }) })
    await later(HOUR_MS)
    expect(world.chain(chainId).state).toBe('failed')
    expect(world.actionsOf(chainId)[0]).toMatchObject({ state: 'failed', error })
  })

  it('[S24] is unknown when its chain is stopped before', async () => {
    const confirm = (): Confirmation => ({ state: 'pending', isComing: true, message: 'pending' })
    const chainId = await contain({ run: () => ACCEPTED, confirm })
    await world.service.stopChain(chainId, 'wrong host')
    await world.service.whenIdle()
    expect(world.states(chainId)).toEqual([['c', 'unknown']])
    await later(25 * HOUR_MS)
    expect(world.states(chainId)).toEqual([['c', 'unknown']])
  })

  it('is listed with what is in force from the request on', async () => {
    const confirm = (): Confirmation => ({ state: 'pending', isComing: true, message: 'containment_pending' })
    const chainId = await contain({ run: () => ACCEPTED, confirm })
    await later(5000)
    expect(rows()).toMatchObject([{ stage: 'accepted', found: ['containment_pending'] }])
    await expect(world.service.undo(attemptId(chainId))).rejects.toMatchObject({ code: 'not_undoable' })
  })

  it('looks at once when the analyst asks', async () => {
    let found: Confirmation = { state: 'pending', isComing: true, message: 'pending' }
    const chainId = await contain({ run: () => ACCEPTED, confirm: () => found })
    found = { state: 'confirmed', result: RESULT }
    await world.service.verify(attemptId(chainId))
    await world.service.whenIdle()
    expect(world.states(chainId)[0]).toEqual(['c', 'succeeded'])
  })
})

describe('what is in force', () => {
  const succeeded: Behaviour['run'] = () => ({ outcome: 'succeeded', result: RESULT })
  const DRIFTED = {
    state: 'drifted',
    differences: ['status: was left contained, is normal'],
    isReleased: true,
  } as const satisfies Verification

  /** Everything that the screen was told of containments. */
  function news(): string[] {
    const told: string[] = []
    world.bus.on((topic, payload) => {
      if (topic === 'news' && 'kind' in payload && payload.kind === 'containment') told.push(payload.text)
    })
    return told
  }

  it('is read every hour; what changed elsewhere is news, once, and an act', async () => {
    let found: Verification = { state: 'holds' }
    let looks = 0
    const told = news()
    const chainId = await contain({ run: succeeded, verify: () => ((looks += 1), found) })
    await later(HOUR_MS)
    expect(looks).toBe(1)
    expect(rows()).toMatchObject([{ stage: 'confirmed', standing: 'holds', found: [] }])
    found = DRIFTED
    await later(HOUR_MS)
    await later(HOUR_MS)
    expect(looks).toBe(3)
    expect(told).toEqual(['Do contain.c. Changed elsewhere: status: was left contained, is normal'])
    expect(rows()).toMatchObject([{ standing: 'drifted', found: DRIFTED.differences }])
    const acts = world.store.db.prepare("SELECT by, before, after FROM act WHERE kind = 'containment.check'").all()
    expect(acts).toEqual([{ by: 'system', before: '"holds"', after: '"drifted"' }])
    found = { state: 'holds' }
    await world.service.verify(attemptId(chainId))
    expect(told.at(-1)).toBe('Do contain.c. Stands as it was left again')
  })

  it('is no news when it cannot be read, and says so where it is listed', async () => {
    const told = news()
    await contain({ run: succeeded, verify: () => ({ state: 'unreadable', message: 'no answer' }) })
    await later(HOUR_MS)
    expect(rows()).toMatchObject([{ standing: 'unreadable', found: ['no answer'] }])
    expect(told).toEqual([])
  })

  it('is looked at by nobody while nothing may run, but when the analyst asks', async () => {
    let looks = 0
    const chainId = await contain({ run: succeeded, verify: () => ((looks += 1), { state: 'holds' }) })
    world.setMode('dry-run')
    await later(3 * HOUR_MS)
    expect(looks).toBe(0)
    await world.service.verify(attemptId(chainId))
    expect(looks).toBe(1)
    world.setMode('policy')
    await later(HOUR_MS)
    expect(looks).toBe(2)
  })

  it('is looked at no more when it was lifted, nor what was so before it ran', async () => {
    let looks = 0
    const verify = (): Verification => ((looks += 1), { state: 'holds' })
    const chainId = await contain({ run: succeeded, verify })
    await world.service.lift(attemptId(chainId), 'the host was rebuilt')
    await contain({ run: () => ({ outcome: 'succeeded', result: { ...RESULT, changed: false } }), verify })
    await later(5 * HOUR_MS)
    expect(looks).toBe(0)
    await expect(world.service.verify(attemptId(chainId))).rejects.toMatchObject({ code: 'already_undone' })
  })

  describe('with a time', () => {
    const expiry = { afterMs: 4 * HOUR_MS, isByTarget: false }

    it('has its undo proposed at its end, also where nothing ran by then, and it waits', async () => {
      const chainId = await contain({ run: succeeded, expiry })
      expect(rows()).toMatchObject([{ endsAt: world.store.clock.now() + 4 * HOUR_MS }])
      await later(3 * HOUR_MS)
      expect(world.chains.openUndoOf(attemptId(chainId))).toBe(null)
      world.store.clock.sleep(2 * HOUR_MS)
      await world.crash()
      await later(1000)
      const undo = world.chains.openUndoOf(attemptId(chainId))
      expect(world.actionsOf(undo?.chainId ?? '')).toMatchObject([{ uses: 'contain.undo', state: 'waiting' }])
      expect(ran()).not.toContain('contain.undo')
      await later(HOUR_MS)
      expect(world.store.db.prepare("SELECT count(*) AS n FROM chain WHERE trigger = 'undo'").get()).toEqual({ n: 1 })
    })

    it('is proposed again when nobody decided or it came to nothing, and not when the analyst has rejected it', async () => {
      const chainId = await contain({ run: succeeded, expiry })
      const undo = () => world.chains.openUndoOf(attemptId(chainId))
      await later(4 * HOUR_MS)
      const first = undo()
      // Nobody decides within the day.
      await later(25 * HOUR_MS)
      await later(2 * HOUR_MS)
      expect(world.states(first?.chainId ?? '')).toEqual([['undo', 'expired']])
      const second = undo()
      expect(second).not.toBe(null)
      world.actions.on('contain.undo', {
        run: () => ({ outcome: 'failed', error: { code: 'busy', message: 'busy' } }),
      })
      await world.approve(second?.actionId ?? '')
      await later(2 * HOUR_MS)
      const third = undo()
      expect(world.states(second?.chainId ?? '')).toEqual([['undo', 'failed']])
      expect(third).not.toBe(null)
      await world.reject(third?.actionId ?? '', 'it stays')
      await later(5 * HOUR_MS)
      expect(undo()).toBe(null)
    })

    it('is undone without asking where the policy said so, under *By policy* alone', async () => {
      const approval = { required: false, at_end: false }
      const first = await contain({ run: succeeded, expiry }, approval)
      await later(5 * HOUR_MS)
      expect(ran()).toContain('contain.undo')
      expect(world.approvals.isInForce(attemptId(first))).toBe(false)
      const second = await contain({ run: succeeded, expiry }, approval)
      world.setMode('ask')
      await later(5 * HOUR_MS)
      const undo = world.chains.openUndoOf(attemptId(second))
      expect(world.actionsOf(undo?.chainId ?? '')).toMatchObject([{ state: 'waiting' }])
    })

    it('says why its end could not be proposed, and tries again', async () => {
      await contain({ run: succeeded, expiry })
      let isThere = false
      const plan = () => {
        if (isThere) return { rows: [], bound: null }
        throw new Error('no answer from the service')
      }
      world.actions.on('contain.undo', { plan })
      await later(4 * HOUR_MS)
      expect(rows()).toMatchObject([{ endFailure: 'no answer from the service' }])
      isThere = true
      await later(HOUR_MS)
      expect(rows()).toMatchObject([{ endFailure: null, undoState: 'waiting' }])
    })

    it('is not held up by looks at others that take their time', async () => {
      let looks = 0
      let proposed: unknown = 'nobody looked'
      const verify = (): Verification => {
        looks += 1
        if (looks === 1) world.store.clock.sleep(HOUR_MS)
        if (looks === 2) proposed = world.chains.openUndoOf(attemptId(ending))
        return { state: 'holds' }
      }
      await contain({ run: succeeded, verify })
      await contain({ run: succeeded, verify })
      const ending = await contain({ run: succeeded, verify, expiry: { afterMs: 1.5 * HOUR_MS, isByTarget: false } })
      await later(HOUR_MS)
      expect(proposed).toMatchObject({ chainId: expect.any(String) as string })
    })

    it('that its target keeps is looked at by nobody while nothing may run', async () => {
      let looks = 0
      const byTarget = { afterMs: 4 * HOUR_MS, isByTarget: true }
      await contain({ run: succeeded, expiry: byTarget, verify: () => ((looks += 1), DRIFTED) })
      world.setMode('dry-run')
      await later(5 * HOUR_MS)
      expect(looks).toBe(0)
      expect(rows()).toHaveLength(1)
      world.setMode('policy')
      await later(HOUR_MS)
      expect(rows()).toEqual([])
    })

    it('that its target keeps is off the list when the target reads so, and not before', async () => {
      let found: Verification = { state: 'holds' }
      const byTarget = { afterMs: 4 * HOUR_MS, isByTarget: true }
      const chainId = await contain({ run: succeeded, expiry: byTarget, verify: () => found })
      await later(4 * HOUR_MS + 1000)
      expect(world.approvals.isInForce(attemptId(chainId))).toBe(true)
      expect(rows()).toMatchObject([{ endFailure: 'it still reads as it was left' }])
      // Something else of it changed, and it is still in force.
      found = { ...DRIFTED, isReleased: false }
      await later(HOUR_MS)
      expect(rows()).toMatchObject([{ endFailure: DRIFTED.differences[0] }])
      found = DRIFTED
      await later(HOUR_MS)
      expect(rows()).toEqual([])
      expect(ran()).not.toContain('contain.undo')
    })
  })
})
