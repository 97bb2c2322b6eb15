import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IS_DECISION } from '../../store/act-kinds.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { EvaluateRequest } from '../../policy/evaluation.ts'
import type { ApproveRequest } from './decisions.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const record = (id: string, value: JsonValue, persist = true) => ({ id, key: id, value, type: '', persist, ttl: 0 })
const attrsOf = (input: JsonObject): JsonObject[] => ((input['alert'] as JsonObject)['attrs'] ?? []) as JsonObject[]
const first = (chainId: string): string => world.actionsOf(chainId)[0]?.id ?? ''
const stamp = (request: EvaluateRequest | undefined) => ({ ...request, versionId: null })
const byAnother = { chainId: 'another', attemptId: null }
const write = (value: JsonValue): Promise<number> =>
  world.store.writer.commit('event', (tx) => world.store.attributes.write(tx, 'n', record('r', value), byAnother))

describe('stale by persistent attributes', () => {
  const whileRecorded = (input: JsonObject): JsonValue => ({
    run: input['seq'] === 0 && attrsOf(input).some(({ key }) => key === 'r') ? [act('c', 'contain.c')] : [],
  })
  const GONE = { code: 'stale', details: [{ what: 'policy', after: 'no longer proposes it' }] }

  it('when the record that it relies on was ended by another chain', async () => {
    await write(1)
    world.policy.publish(whileRecorded)
    const chain = await world.alert({ namespace: 'n' })
    await world.store.writer.commit('event', (tx) => world.store.attributes.end(tx, 'n', record('r', 1), byAnother))
    await expect(world.approve(first(chain.id))).rejects.toMatchObject(GONE)
  })

  it('when the record that it relies on has expired', async () => {
    await write(1)
    world.policy.publish(whileRecorded)
    world.store.clock.advance(80_000_000)
    const chain = await world.alert({ namespace: 'n' })
    world.store.clock.advance(10_000_000)
    await expect(world.approve(first(chain.id))).rejects.toMatchObject(GONE)
  })

  it('not when another namespace or a record that the policy does not use changed', async () => {
    await write(1)
    world.policy.publish(whileRecorded)
    const chain = await world.alert({ namespace: 'n' })
    await write(2)
    await world.store.writer.commit('event', (tx) => world.store.attributes.end(tx, 'm', record('r', 1), byAnother))
    expect(await world.approve(first(chain.id))).toBe('approved')
  })

  it('when its commit would end a record that has another version now', async () => {
    await write(1)
    world.policy.publish(once(act('c', 'contain.c', { commit: [record('r', 0, false)] })))
    const chain = await world.alert({ namespace: 'n' })
    await write(2)
    await expect(world.approve(first(chain.id))).rejects.toMatchObject({
      code: 'stale',
      details: [{ what: 'persistent attribute r', before: 'version 1', after: 'version 2' }],
    })
  })
})

describe('not stale', () => {
  it('because init is evaluated again', async () => {
    const script = (input: JsonObject): JsonValue => ({
      init: [{ attrs: [{ key: 'color', value: 'blue' }] }],
      run: 'called' in input && input['seq'] === 0 ? [act('c', 'contain.c', { args: { attrs: attrsOf(input) } })] : [],
    })
    world.policy.publish(script, 'exit')
    const chain = await world.alert()
    world.policy.publish((input) => script(input), 'exit')
    expect(await world.approve(first(chain.id))).toBe('approved')
  })

  it('because a new version writes its keys in another order', async () => {
    world.policy.publish(once({ uses: 'contain.c', args: { a: 1, b: 2 } }))
    const chain = await world.alert()
    world.policy.publish(once({ uses: 'contain.c', args: { b: 2, a: 1 } }))
    expect(await world.approve(first(chain.id))).toBe('approved')
  })

  it('because a new explanation cannot be made: the card shows the rest', async () => {
    vi.spyOn(world.policy, 'explain').mockRejectedValue(new Error('no tool chain'))
    world.policy.publish(once(act('c', 'contain.c')))
    const chain = await world.alert()
    expect(await world.service.card(first(chain.id))).toMatchObject({ asked: null, stale: null })
    expect(await world.approve(first(chain.id))).toBe('approved')
  })
})

describe('the look at what an approval relies on', () => {
  it('has the time, the random values and the environment of the round, not its own', async () => {
    const evaluate = vi.spyOn(world.policy, 'evaluate')
    world.policy.publish(once(act('c', 'contain.c')))
    const chain = await world.alert()
    world.store.clock.advance(1234)
    world.policy.publish((input) => once(act('c', 'contain.c'))(input))
    await world.service.card(first(chain.id))
    const [round, ...looks] = evaluate.mock.calls.map(([request]) => request)
    expect(looks.length).toBeGreaterThan(0)
    for (const look of looks) expect(stamp(look)).toEqual(stamp(round))
  })

  it('sees what had run and what was declined before its round', async () => {
    const script = (input: JsonObject): JsonValue => {
      const [called] = (input['called'] ?? []) as JsonObject[]
      const [declined] = (input['declined'] ?? []) as JsonObject[]
      if (input['seq'] === 0) return { run: [act('n', 'notify.n'), act('d', 'contain.d')] }
      return { run: called && declined ? [act('c', 'contain.c')] : [] }
    }
    world.policy.publish(script)
    const chain = await world.alert()
    await world.reject(world.actionsOf(chain.id)[1]?.id ?? '', 'no')
    await world.service.whenIdle()
    world.policy.publish((input) => script(input))
    const asked = world.actionsOf(chain.id)[2]?.id ?? ''
    expect((await world.service.card(asked)).stale).toBeNull()
    expect(await world.approve(asked)).toBe('approved')
  })
})

describe('edited arguments', () => {
  it('leave the effect at what was asked about, however harmless they are', async () => {
    const { describe: plain } = world.actions
    vi.spyOn(world.actions, 'describe').mockImplementation((uses, args) => {
      const facts = plain.call(world.actions, uses, args)
      return facts && { ...facts, effect: (args as { path: string }).path === '/b' ? 'observe' : 'contain' }
    })
    world.policy.publish(once(act('c', 'contain.c', { args: { path: '/a' } })))
    const chain = await world.alert()
    await world.approve(first(chain.id), { editedArgs: { path: '/b' } })
    expect(world.store.db.prepare('SELECT effect FROM attempt').pluck().all()).toEqual(['contain'])
  })

  it('give the action the title, the target and the effect of what runs', async () => {
    const { describe: plain } = world.actions
    vi.spyOn(world.actions, 'describe').mockImplementation((uses, args) => {
      const facts = plain.call(world.actions, uses, args)
      const path = (args as { path: string }).path
      return facts && { ...facts, title: `Do ${path}`, target: path, effect: path === '/b' ? 'contain' : 'observe' }
    })
    world.policy.publish(once(act('o', 'observe.o', { args: { path: '/a' }, approval: true })))
    const chain = await world.alert()
    await world.approve(first(chain.id), { editedArgs: { path: '/b' } })
    expect(world.actionsOf(chain.id)[0]).toMatchObject({ title: 'Do /b', target: '/b', effect: 'contain' })
    expect(world.store.db.prepare('SELECT effect FROM attempt').all()).toEqual([{ effect: 'contain' }])
  })

  it('are part of what was approved: changed in the database, they are asked about anew [S23]', async () => {
    world.policy.publish(once(act('c', 'contain.c', { args: { path: '/a' } })))
    const chain = await world.alert()
    world.setMode('off')
    await world.approve(first(chain.id), { editedArgs: { path: '/b' } })
    world.store.db.prepare('UPDATE approval SET edited_args = \'{"path":"/c"}\'').run()
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect([world.states(chain.id), world.actions.calls]).toEqual([[['c', 'waiting']], []])
  })

  describe('are approved with the plan that was shown for them', () => {
    let inode = 1
    const edited = { path: '/b' }
    /** The plan of what the policy proposed stays the same. */
    async function asked(): Promise<string> {
      world.actions.on('contain.c', { plan: ({ path }) => ({ rows: [], bound: { inode: path === '/b' ? inode : 0 } }) })
      world.policy.publish(once(act('c', 'contain.c', { args: { path: '/a' } })))
      return first((await world.alert()).id)
    }
    const approve = (actionId: string, boundHash: string, more: Partial<ApproveRequest> = {}): Promise<unknown> =>
      world.service.approve({ actionId, boundHash, isStaleConfirmed: false, editedArgs: edited, why: '', ...more })

    it('and with no other: refused as stale once it differs [S23]', async () => {
      const actionId = await asked()
      const { boundHash } = await world.service.planEdited(actionId, edited)
      inode += 1
      // The card itself is as it was: only the plan of the changed arguments is another one.
      await expect(approve(actionId, boundHash)).rejects.toMatchObject({ code: 'stale' })
      expect(world.actions.calls).toEqual([])
      const again = await world.service.planEdited(actionId, edited)
      expect(await approve(actionId, again.boundHash)).toEqual({ state: 'approved', isYours: true })
    })

    it('nor with the hash of the card, or of other changes [S23]', async () => {
      const actionId = await asked()
      const card = await world.service.card(actionId)
      await expect(approve(actionId, card.boundHash)).rejects.toMatchObject({ code: 'stale' })
      const other = await world.service.planEdited(actionId, { path: '/c' })
      await expect(approve(actionId, other.boundHash)).rejects.toMatchObject({ code: 'stale' })
      expect(world.actions.calls).toEqual([])
    })

    it('and are asked about again as they were approved, with what is different [S23]', async () => {
      const actionId = await asked()
      world.setMode('off')
      await world.approve(actionId, { editedArgs: edited })
      inode = 7
      world.setMode('policy')
      await world.service.releaseHeld('run')
      await world.service.whenIdle()
      const card = await world.service.card(actionId)
      expect(card.stale).toMatchObject([{ what: 'plan.inode', after: '7' }])
      inode = 8
      const request = { editedArgs: null, isStaleConfirmed: true }
      await expect(approve(actionId, card.boundHash, request)).rejects.toMatchObject({ code: 'changed' })
      const { boundHash } = await world.service.card(actionId)
      expect(await approve(actionId, boundHash, request)).toEqual({ state: 'approved', isYours: true })
      await world.service.whenIdle()
      expect(world.actions.calls).toMatchObject([{ args: edited }])
    })
  })

  it('an action that is marked approved in the database, without an approval, runs nothing [S23]', async () => {
    world.policy.publish(once(act('c', 'contain.c')))
    const chain = await world.alert()
    world.store.db.prepare("UPDATE action SET state = 'approved'").run()
    await world.crash()
    expect([world.states(chain.id), world.actions.calls]).toEqual([[['c', 'waiting']], []])
  })
})

describe('expiry', () => {
  const inAnHour = act('c', 'contain.c', { approval: { required: true, expires_in: '1h' } })

  it('an answer that comes too late decides nothing', async () => {
    world.policy.publish(once(inAnHour))
    const chain = await world.alert()
    const { boundHash } = await world.service.card(first(chain.id))
    vi.spyOn(world.store.clock, 'after').mockReturnValue(() => undefined)
    vi.spyOn(world.store.clock, 'now').mockReturnValue(world.store.clock.now() + 3_600_000)
    const request = { actionId: first(chain.id), boundHash, isStaleConfirmed: false, editedArgs: null, why: '' }
    expect(await world.service.approve(request)).toEqual({ state: 'expired', isYours: false })
    await world.service.whenIdle()
    expect(world.actions.calls).toEqual([])
    expect(world.store.db.prepare(`SELECT kind FROM act WHERE ${IS_DECISION}`).all()).toEqual([
      { kind: 'approval.expire' },
    ])
  })

  it('after the approval tells the policy and the card why', async () => {
    world.policy.publish(once(inAnHour))
    const chain = await world.alert()
    world.setMode('off')
    await world.approve(first(chain.id))
    world.store.clock.advance(3_600_001)
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(world.policy.inputs.at(-1)?.['declined']).toMatchObject([
      { status: 'expired', reason: 'It was approved, but its time was up before it could run' },
    ])
    expect(world.approvals.ofAction(first(chain.id))).toMatchObject({ outcome: 'expired', decidedBy: 'system' })
  })
})

describe("the policy's word on approval", () => {
  it.each<[string, JsonValue]>([
    ['required is no boolean', { required: 'false' }],
    ['editable is no boolean', { editable: 'no' }],
    ['reason is no text', { reason: 1 }],
    ['a time of nothing', { expires_in: 0 }],
    ['a time without end', { expires_in: 1e308 }],
    ['a time of centuries', { expires_in: '99999999d' }],
  ])('fails the chain instead of waiving it: %s', async (_name, approval) => {
    world.policy.publish(once(act('c', 'contain.c', { approval })))
    const chain = await world.alert()
    expect([chain.state, world.actions.calls]).toEqual(['failed', []])
    expect(world.store.db.prepare('SELECT code FROM problem').all()).toEqual([{ code: 'policy_error' }])
  })

  it('takes parts of a second', async () => {
    world.policy.publish(once(act('c', 'contain.c', { approval: { expires_in: 1.0005 } })))
    expect((await world.alert()).state).toBe('waiting')
  })

  it('takes missing arguments for empty ones: what was declined is not proposed again', async () => {
    world.policy.publish((input) => ({
      run: input['seq'] === 0 ? [{ uses: 'contain.c', args: null }] : [{ uses: 'contain.c', args: {} }],
    }))
    const chain = await world.alert()
    await world.reject(first(chain.id), 'no')
    await world.service.whenIdle()
    expect([world.chain(chain.id).state, world.actionsOf(chain.id).length]).toEqual(['completed', 1])
  })
})

describe('an id that Tocsin gave', () => {
  it('makes nothing stale: evaluated again, it is the same', async () => {
    const script = (input: JsonObject): JsonValue => {
      if (!('called' in input)) return { init: input['seq'] === 0 ? [{ attrs: [{ key: 'made', value: 1 }] }] : [] }
      const ids = attrsOf(input).map(({ id }) => id ?? null)
      return { run: input['seq'] === 0 ? [act('c', 'contain.c', { args: { ids } })] : [] }
    }
    world.policy.publish(script, 'exit')
    const chain = await world.alert()
    const [action] = world.actionsOf(chain.id)
    world.policy.publish((input) => script(input), 'exit')
    expect((await world.service.card(action?.id ?? '')).stale).toBeNull()
    expect(await world.approve(action?.id ?? '')).toBe('approved')
  })
})

describe('the record of what was evaluated', () => {
  const rows = (): Record<string, unknown>[] =>
    world.store.db
      .prepare(
        `SELECT kind, purpose, is_taken AS isTaken, mode, policy_version_id AS version, round_no AS round,
           event_id IS NOT NULL AS hasEvent, duration_us AS us, input_sha256 AS input, seed, output FROM decision ORDER BY place, seq`,
      )
      .all() as Record<string, unknown>[]

  it('has a row for each look at what an approval relies on, at the decision and at the execution', async () => {
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('c', 'contain.c')] : [] }))
    const chain = await world.alert()
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('c', 'contain.c')] : [], note: 'second' }))
    await world.approve(world.actionsOf(chain.id)[0]?.id ?? '')
    await world.service.whenIdle()
    const [live, ...looks] = rows()
    expect(live).toMatchObject({ kind: 'run', purpose: 'live', isTaken: 1, mode: 'policy', hasEvent: 1, us: 15 })
    const staleness = looks.filter(({ purpose }) => purpose === 'staleness')
    expect(staleness.length).toBeGreaterThanOrEqual(2)
    for (const look of staleness)
      expect(look).toMatchObject({ version: 'policy-2', round: 0, input: live?.['input'], seed: live?.['seed'] })
    expect(looks.filter(({ purpose }) => purpose === 'live')).toMatchObject([{ round: 1, hasEvent: 0 }])
  })

  it('has a row for a round that was overtaken, of which nothing was done', async () => {
    world.policy.publish((input) => {
      if (world.store.db.prepare('SELECT count(*) FROM decision').pluck().get() === 0) world.setMode('ask')
      return { run: input['seq'] === 0 ? [act('n', 'notify.n')] : [] }
    })
    const chain = await world.alert()
    expect(rows().map(({ isTaken, mode, round }) => [isTaken, mode, round])).toEqual([
      [0, 'policy', 0],
      [1, 'ask', 0],
    ])
    expect(world.actionsOf(chain.id).map(({ state }) => state)).toEqual(['waiting'])
  })
})
