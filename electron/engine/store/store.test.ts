import { afterEach, expect, test } from 'vitest'
import { addAlert, newEvent, newPolicyVersion, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { TocsinError } from '../../../shared/errors.ts'
import type { Verdict } from '../../../shared/model/states.ts'
import { DEFAULT_SETTINGS } from './setting-store.ts'

let store: TestStore
afterEach(() => store.close())

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array | null): string => new TextDecoder().decode(body!)

test('an event is there with its bytes after the commit, and after opening again', async () => {
  store = await openTestStore()
  const small = await store.writer.commit('event', (tx) =>
    store.events.insert(tx, newEvent({ body: bytes('{"v": 1}') })),
  )
  const large = `{"v": "${'x'.repeat(20_000)}"}`
  const big = await store.writer.commit('event', (tx) => store.events.insert(tx, newEvent({ body: bytes(large) })))
  expect(small.sha256).toHaveLength(64)
  await store.reopen()
  expect(store.events.get(small.id)).toMatchObject({ id: small.id, outcome: 'no_alert', bodySize: 8, hasBody: true })
  expect(text(store.events.body(small.id))).toBe('{"v": 1}')
  expect(text(store.events.body(big.id))).toBe(large)
  const stored = store.db.prepare('SELECT length(body) AS n FROM event_body WHERE event_seq = ?').get(big.seq)
  expect(stored).toMatchObject({ n: expect.toSatisfy((n: number) => n < 1000) as unknown })
})

test('[S19] a repeated delivery id of one source is one row; of two sources it is two', async () => {
  store = await openTestStore({ isInMemory: true })
  const insert = (sourceId: string): Promise<{ id: string }> =>
    store.writer.commit('event', (tx) =>
      store.events.insert(tx, newEvent({ sourceId, deliveryId: { space: 'raw/a', id: 'd-1' } })),
    )
  const first = await insert('a')
  await insert('b')
  await expect(insert('a')).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_UNIQUE' })
  expect(store.events.byDelivery('a', { space: 'raw/a', id: 'd-1' })?.id).toBe(first.id)
  expect(store.events.byDelivery('c', { space: 'raw/a', id: 'd-1' })).toBeNull()
})

test('pending events and those without a policy are listed oldest first', async () => {
  store = await openTestStore({ isInMemory: true })
  const ids = await Promise.all(
    (['pending', 'no_policy', 'pending'] as const).map((outcome) =>
      store.writer.commit('event', (tx) => store.events.insert(tx, newEvent({ outcome })).id),
    ),
  )
  expect(store.events.pending().map(({ id }) => id)).toEqual([ids[0], ids[2]])
  expect(store.events.withoutPolicy('clamav').map(({ id }) => id)).toEqual([ids[1]])
  await store.writer.commit('event', (tx) => store.events.setOutcome(tx, ids[0]!, 'alerts'))
  expect(store.events.pending().map(({ id }) => id)).toEqual([ids[2]])
})

test('an alert comes back as it went in, and its public form is rebuilt from the rows', async () => {
  store = await openTestStore()
  const attrs = [{ id: 'a1', key: 'path', value: { deep: [1, '<b>'] }, type: 'file.path', persist: true, ttl: 60 }]
  const refs = [{ title: 'docs', url: 'https://example.org' }]
  const alert = await addAlert(store, { attrs, refs, tags: ['t'] }, { body: bytes('{"b":"<&>\u2028","a":1e21,"":[]}') })
  await store.reopen()
  expect(store.alerts.get(alert.id)).toEqual(alert)
  expect(store.alerts.publicForms(alert.eventId)).toEqual([
    {
      id: alert.id,
      schema: 'clamav',
      created_at: '2023-11-14T22:13:20.000Z',
      title: alert.title,
      description: alert.description,
      source: 'clamav',
      namespace: '',
      attrs,
      refs,
      data: { b: '<&>\u2028', a: 1e21, '': [] },
    },
  ])
})

test('a schema without a package is one problem with a count, until it is resolved', async () => {
  store = await openTestStore({ isInMemory: true })
  const add = (eventId: string) =>
    store.writer.commit('event', (tx) =>
      store.problems.add(tx, { code: 'no_policy', schema: 's', eventId, chainId: null, message: 'm', details: null }),
    )
  const first = await add('e1')
  store.clock.advance(5)
  const second = await add('e2')
  expect(second).toMatchObject({ id: first.id, count: 2, lastAt: first.firstAt + 5, eventId: 'e2' })
  const resolved = await store.writer.commit('x', (tx) => store.problems.resolve(tx, first.id, 'processed', 'system'))
  expect(resolved).toBe(true)
  expect((await add('e3')).id).not.toBe(first.id)
})

test('settings have defaults, are checked, and leave one act per change', async () => {
  store = await openTestStore()
  expect(store.settings.all()).toEqual(DEFAULT_SETTINGS)
  await store.writer.commit('x', (tx) => store.settings.set(tx, { 'response.mode': 'policy' }, 'analyst'))
  await store.writer.commit('x', (tx) => store.settings.set(tx, { 'response.mode': 'policy' }, 'analyst'))
  const bad = store.writer.commit('x', (tx) => store.settings.set(tx, { 'retention.days': 0 }, 'analyst'))
  await expect(bad).rejects.toMatchObject({ code: 'invalid_setting' })
  await store.reopen()
  expect(store.settings.get('response.mode')).toBe('policy')
  expect(store.settings.isSet('retention.days')).toBe(false)
  expect(store.db.prepare(`SELECT before, after FROM act WHERE kind = 'setting.set'`).all()).toEqual([
    { before: '"ask"', after: '"policy"' },
  ])
})

test('a setting whose unit was rolled back does not hold', async () => {
  store = await openTestStore({ isInMemory: true })
  const failed = store.writer.commit('x', (tx) => {
    store.settings.set(tx, { 'response.mode': 'off' }, 'analyst')
    expect(store.settings.get('response.mode')).toBe('off')
    throw new Error('no')
  })
  await expect(failed).rejects.toThrow('no')
  expect(store.settings.get('response.mode')).toBe('ask')
})

test('[S15] a source is known by its token alone; the database holds its hash, and revoking ends it', async () => {
  store = await openTestStore()
  const made = await store.writer.commit('x', (tx) => store.sources.create(tx, 'web', 'analyst'))
  expect(Buffer.from(made.token, 'base64url')).toHaveLength(32)
  expect(store.sources.verify(made.token)).toEqual({ id: made.id, name: 'web' })
  expect(store.sources.verify(`${made.token}x`)).toBeNull()
  const twice = store.writer.commit('x', (tx) => store.sources.create(tx, 'web', 'analyst'))
  await expect(twice).rejects.toMatchObject({ code: 'source_exists' })
  await store.writer.commit('x', (tx) => store.sources.noteUse(tx, made.id))
  expect(store.sources.get(made.id)?.lastUsedAt).toBe(store.clock.now())
  const dump = JSON.stringify(store.db.prepare('SELECT * FROM source').all())
  expect(dump).not.toContain(made.token)
  await store.writer.commit('x', (tx) => store.sources.revoke(tx, made.id, 'analyst'))
  expect(store.sources.verify(made.token)).toBeNull()
})

test('a persistent record is replaced whole, lives from its last write, and can be ended', async () => {
  store = await openTestStore({ isInMemory: true })
  const origin = { chainId: 'c', attemptId: null }
  const attribute = { id: 'a', key: 'k', value: 1, type: 't', persist: true, ttl: 0 }
  const write = (changes: object): Promise<number> =>
    store.writer.commit('x', (tx) => store.attributes.write(tx, 'ns', { ...attribute, ...changes }, origin))
  const now = (): unknown[] => store.attributes.now('ns', store.clock.now())
  expect(await write({})).toBe(1)
  store.clock.advance(86_399_999)
  expect(now()).toMatchObject([{ id: 'a', value: 1, type: 't', ttl: 0 }])
  expect(await write({ value: 2, type: '', ttl: 1 })).toBe(2)
  expect(now()).toMatchObject([{ value: 2, type: '', version: 2 }])
  expect(store.attributes.now('other', store.clock.now())).toEqual([])
  store.clock.advance(1000)
  expect(now()).toEqual([])
  await write({ ttl: 10 })
  const end = () => store.writer.commit('x', (tx) => store.attributes.end(tx, 'ns', attribute, origin))
  expect(await end()).toBe(true)
  expect(now()).toEqual([])
  expect(await end()).toBe(false)
  expect(store.attributes.version('ns', 'a')).toBe(4)
})

test('a policy version is stored once, and the live one is the last row', async () => {
  store = await openTestStore()
  const publish = (id: string): Promise<number> =>
    store.writer.commit('x', (tx) => {
      const number = store.policies.insert(tx, newPolicyVersion({ id, compiled: bytes('\0asm') }))
      store.policies.setLive(tx, id, 'analyst', 'saved')
      return number
    })
  expect(await publish('p1')).toBe(1)
  expect(await publish('p2')).toBe(2)
  expect(await publish('p1')).toBe(1)
  await store.reopen()
  expect(store.policies.live()).toMatchObject({ id: 'p1', number: 1, by: 'analyst' })
  const stored = store.policies.get('p2')
  expect(stored).toMatchObject({ number: 2, sources: newPolicyVersion().sources, origin: 'workspace' })
  expect(text(stored!.compiled)).toBe('\0asm')
  expect(store.policies.get('nope')).toBeNull()
})

test('closes what is open of a key up to the alert that was seen, and puts it back as it was', async () => {
  store = await openTestStore({ isInMemory: true })
  const add = (dedupKey: string) => addAlert(store, { dedupKey })
  const triage = (ids: string[], state: 'new' | 'closed' | 'in_progress', verdict: Verdict | null = null) =>
    store.writer.commit('x', (tx) => store.triage.set(tx, { ids, scope: 'row', state, verdict, note: null }, 'analyst'))
  const states = (alerts: { id: string }[]) =>
    alerts.map(({ id }) => {
      const { state, verdict } = store.triage.get(id)
      return verdict ?? state
    })
  const old = await add('k')
  await triage([old.id], 'closed', 'benign')
  const alerts = [old, await add('k'), await add('k'), await add('other')]
  await store.writer.commit('x', (tx) =>
    store.triage.set(
      tx,
      { ids: [alerts[1]!.id], scope: 'alert', state: 'in_progress', verdict: null, note: 'mine' },
      'analyst',
    ),
  )
  const unseen = await add('k')
  const before = states([...alerts, unseen])
  expect(before).toEqual(['benign', 'in_progress', 'new', 'new', 'new'])

  const { changed, acts } = await triage([alerts[2]!.id], 'closed', 'false_positive')
  expect(changed).toBe(2)
  expect(states([...alerts, unseen])).toEqual(['benign', 'false_positive', 'false_positive', 'new', 'new'])
  expect(store.triage.get(alerts[1]!.id).note).toBe('mine')

  const undo = () => store.writer.commit('x', (tx) => store.triage.undo(tx, acts!, 'analyst'))
  expect(await undo()).toEqual({ changed: 2, kept: 0 })
  expect(states([...alerts, unseen])).toEqual(before)
  // What was changed again since stays.
  expect(await undo()).toEqual({ changed: 0, kept: 2 })

  await triage([unseen.id], 'closed', 'duplicate')
  await triage([unseen.id], 'new')
  expect(states([...alerts, unseen])).toEqual(['new', 'new', 'new', 'new', 'new'])
})

test('triage is the last act on an alert; closing needs a verdict', async () => {
  store = await openTestStore({ isInMemory: true })
  const { id } = await addAlert(store)
  const set = (state: 'closed' | 'in_progress', verdict: 'benign' | null): Promise<number> =>
    store.writer.commit(
      'x',
      (tx) => store.triage.set(tx, { ids: [id], scope: 'alert', state, verdict, note: 'n' }, 'analyst').changed,
    )
  expect(store.triage.get(id).state).toBe('new')
  await expect(set('closed', null)).rejects.toBeInstanceOf(TocsinError)
  expect(await set('in_progress', null)).toBe(1)
  expect(await set('closed', 'benign')).toBe(1)
  expect(await set('closed', 'benign')).toBe(0)
  expect(store.triage.get(id)).toEqual({ state: 'closed', verdict: 'benign', note: 'n', at: store.clock.now() })
})

test('refused requests are counted by day, code and remote, in a bounded number of rows', async () => {
  store = await openTestStore()
  const note = (count: number, remote: (index: number) => string): Promise<void> =>
    store.writer.commit('refusals', (tx) =>
      store.sources.noteRefusals(
        tx,
        Array.from({ length: count }, (_, index) => ({
          sourceId: '',
          code: 'denied',
          remote: remote(index),
          count: 1,
        })),
      ),
    )
  const rows = (): { remote: string; count: number }[] =>
    store.db.prepare('SELECT remote, count FROM refusal ORDER BY count DESC').all() as {
      remote: string
      count: number
    }[]
  await note(300, (index) => `127.0.0.${index}`)
  await note(2, () => '127.0.0.1')
  expect(rows().length).toBe(201)
  expect(rows().slice(0, 2)).toEqual([
    { remote: 'others', count: 100 },
    { remote: '127.0.0.1', count: 3 },
  ])
  store.clock.advance(91 * 86_400_000)
  await note(1, () => '127.0.0.1')
  expect(rows()).toEqual([{ remote: '127.0.0.1', count: 1 }])
})
