import { afterEach, beforeEach, expect, test } from 'vitest'
import { addChain } from '../../../../tests/fakes/chain-rows.ts'
import {
  addAlert,
  newDecision,
  newEvent,
  newPolicyVersion,
  openTestStore,
  type TestStore,
} from '../../../../tests/fakes/store.ts'
import { contract } from '../../../../shared/contract.ts'
import { alertFilter, type AlertFilter, type AlertRow } from '../../../../shared/model/views.ts'
import type { StoredAlert } from '../alert-store.ts'
import type { QueryArg } from './index.ts'

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const filtered = (changes: Partial<AlertFilter> = {}): AlertFilter => ({ ...alertFilter.parse({}), ...changes })
const asked = { rule: 'run', file: 'action/main.rego', row: 7, endRow: 9, sentence: 'severity is high', lines: [] }

async function page(changes: Partial<AlertFilter> = {}, more: Partial<QueryArg<'alerts.page'>> = {}) {
  const result = await store.reader.query('alerts.page', {
    filter: filtered(changes),
    upToSeq: null,
    offset: 0,
    limit: 50,
    ...more,
  })
  return contract['alerts.page'].result.parse(result)
}
const titles = (rows: AlertRow[]): string[] => rows.map(({ title }) => title)

test('the inbox lists alerts newest first, with what the row shows', async () => {
  const first = await addAlert(store, { title: 'one' })
  const attrs = [
    { id: 'a', key: 'count', value: 3, type: '', persist: false, ttl: 0 },
    { id: 'b', key: 'host', value: 'web-3', type: 'host', persist: false, ttl: 0 },
  ]
  const two = await addAlert(store, { title: 'two', attrs, severity: 'low', source: 'aws' })
  await addChain(store, {
    alertId: two.id,
    actions: [{ state: 'succeeded' }, { state: 'waiting' }, { round: 1, state: 'proposed' }],
  })
  await addChain(store, { alertId: two.id, trigger: 'undo', actions: [{ state: 'failed' }] })
  const { rows, total, newestSeq } = await page()
  expect({ total, newestSeq }).toEqual({ total: 2, newestSeq: two.seq })
  expect(rows[0]).toEqual({
    rowId: two.seq,
    seq: two.seq,
    id: two.id,
    createdAt: two.createdAt,
    title: 'two',
    source: 'aws',
    schema: 'clamav',
    severity: 'low',
    observable: 'web-3',
    occurrences: 1,
    triage: 'new',
    verdict: null,
    waiting: true,
    actions: [
      { state: 'waiting', count: 1 },
      { state: 'proposed', count: 1 },
      { state: 'succeeded', count: 1 },
    ],
    chainState: 'running',
  })
  expect(rows[1]).toMatchObject({ rowId: first.seq, title: 'one', observable: '', waiting: false, actions: [] })
})

test('filters, counts and facets agree, and rows newer than the window stay out', async () => {
  const severities = ['high', 'low', 'high', 'info'] as const
  const made: StoredAlert[] = []
  for (const [index, severity] of severities.entries()) {
    made.push(await addAlert(store, { title: `t${index}`, severity, source: index < 3 ? 'a' : 'b' }))
  }
  await store.writer.commit('x', (tx) =>
    store.triage.set(
      tx,
      { ids: [made[0]!.id], scope: 'alert', state: 'closed', verdict: 'benign', note: '' },
      'analyst',
    ),
  )
  expect(await page({ severities: ['high'] })).toMatchObject({ total: 2 })
  expect(titles((await page({ severities: ['high'], triage: ['new', 'in_progress'] })).rows)).toEqual(['t2'])
  expect((await page({ triage: ['closed'] })).rows[0]).toMatchObject({ triage: 'closed', verdict: 'benign' })
  expect(await page({ sources: ['b', 'c'] })).toMatchObject({ total: 1 })
  const window = await page({}, { upToSeq: made[1]!.seq, offset: 1, limit: 1 })
  expect(window).toMatchObject({ total: 2, newestSeq: made[3]!.seq })
  expect(titles(window.rows)).toEqual(['t0'])
  const facets = await store.reader.query('alerts.facets', { filter: filtered({ triage: ['new'], sources: ['a'] }) })
  expect(contract['alerts.facets'].result.parse(facets)).toEqual({
    triage: [
      { value: 'new', count: 2 },
      { value: 'closed', count: 1 },
    ],
    severity: [
      { value: 'high', count: 1 },
      { value: 'low', count: 1 },
    ],
    source: [
      { value: 'a', count: 2 },
      { value: 'b', count: 1 },
    ],
  })
})

test('what waits is kept up to date whatever moves an action', async () => {
  const alert = await addAlert(store)
  await addAlert(store)
  const { actionIds } = await addChain(store, {
    alertId: alert.id,
    actions: [{ state: 'proposed' }, { state: 'waiting' }],
  })
  const move = (index: number, state: string): unknown =>
    store.db.prepare('UPDATE action SET state = ? WHERE id = ?').run(state, actionIds[index])
  expect(await page({ waitingOnly: true })).toMatchObject({ total: 1 })
  move(0, 'waiting')
  move(1, 'approved')
  expect((await page({ waitingOnly: true })).rows.map(({ id }) => id)).toEqual([alert.id])
  move(0, 'rejected')
  expect(await page({ waitingOnly: true })).toMatchObject({ total: 0, rows: [] })
  move(1, 'running')
  move(1, 'unknown')
  expect(await page({ waitingOnly: true })).toMatchObject({ total: 1 })
})

test('an alert shows its event, its policy, its chains and who added which attribute', async () => {
  const own = { id: 'a', key: 'path', value: '/tmp/x', type: 'file.path', persist: false, ttl: 0 }
  const added = { id: 'made-later', key: 'score', value: 9, type: '', persist: false, ttl: 0 }
  const kept = { id: 'k', key: 'seen', value: true, type: '', persist: true, ttl: 60 }
  const decisionId = await store.writer.commit('x', (tx) =>
    store.decisions.insert(tx, newDecision({ prints: ['hello'] })),
  )
  const first = await addAlert(store, { dedupKey: 'k' })
  store.clock.advance(1000)
  const alert = await addAlert(store, {
    dedupKey: 'k',
    attrs: [own],
    decisionId,
    refs: [{ title: 'r', url: 'https://e.org' }],
  })
  const chain = await addChain(store, {
    alertId: alert.id,
    attrs: [own, added, kept],
    actions: [{ policyId: 'ask-ai', commits: [{ ...added, id: '', path: '' }] }],
  })
  const detail = contract['alerts.get'].result.parse(await store.reader.query('alerts.get', { id: alert.id }))
  expect(detail).toMatchObject({
    alert: { id: alert.id, attrs: [own], refs: [{ title: 'r', url: 'https://e.org' }] },
    triage: { state: 'new', verdict: null, at: null },
    eventId: alert.eventId,
    policyNumber: 1,
    occurrences: 2,
    firstSeenAt: first.createdAt,
    prints: ['hello'],
    attrs: [
      { ...own, addedBy: null },
      { ...added, addedBy: 'ask-ai' },
      { ...kept, addedBy: 'kept from earlier' },
    ],
    chains: [{ id: chain.id, runNo: 1, state: 'running', trigger: 'event' }],
  })
  await expect(store.reader.query('alerts.get', { id: 'nope' })).rejects.toMatchObject({ code: 'alert_missing' })
})

test('a chain shows rounds, actions and attempts; a long result is cut and can be had whole', async () => {
  const alert = await addAlert(store)
  const long = 'x'.repeat(20_000)
  const made = await addChain(store, {
    alertId: alert.id,
    actions: [
      {
        policyId: 'q',
        state: 'succeeded',
        attempt: { outcome: 'succeeded', result: { ok: true } },
        approval: { expiresAt: 1, outcome: 'approved' },
      },
      {
        round: 1,
        uses: 'http.fetch',
        effect: 'notify',
        state: 'succeeded',
        attempt: { outcome: 'succeeded', result: long },
      },
    ],
  })
  const view = contract['chains.get'].result.parse(await store.reader.query('chains.get', { id: made.id }))
  expect(view).toMatchObject({ alertId: alert.id, runNo: 1, policyNumber: 1, state: 'running' })
  expect(view.rounds.map(({ no, newAttributes }) => [no, newAttributes])).toEqual([
    [0, 0],
    [1, 1],
  ])
  expect(view.rounds[0]!.actions[0]).toMatchObject({
    label: 'q',
    canBeUndone: true,
    decision: { outcome: 'approved', by: 'analyst' },
    attempts: [{ no: 1, outcome: 'succeeded', resultPreview: { ok: true }, isResultTruncated: false }],
  })
  const [attempt] = view.rounds[1]!.actions[0]!.attempts
  expect(view.rounds[1]!.actions[0]).toMatchObject({ label: 'http.fetch', canBeUndone: false })
  expect(attempt).toMatchObject({ isResultTruncated: true, resultSize: 20_002 })
  expect(attempt!.resultPreview).toHaveLength(16_384)
  expect(await store.reader.query('attempts.result', { id: made.attemptIds[1]! })).toEqual({
    text: JSON.stringify(long),
  })
})

test('waiting for you lists approvals and unknown outcomes, oldest first', async () => {
  const alert = await addAlert(store, { title: 'T', severity: 'critical' })
  const { actionIds } = await addChain(store, {
    alertId: alert.id,
    actions: [
      { state: 'waiting', asked, approval: { expiresAt: 99, staleAt: 5 } },
      { state: 'unknown', attempt: {} },
      { state: 'waiting', asked, approval: { expiresAt: 98, reason: 'because' } },
      { state: 'rejected', approval: { expiresAt: 98, outcome: 'rejected' } },
    ],
  })
  const { rows } = contract['approvals.list'].result.parse(await store.reader.query('approvals.list', {}))
  expect(
    rows.map(({ actionId, kind, sentence, place, expiresAt, isStale }) => ({
      actionId,
      kind,
      sentence,
      place,
      expiresAt,
      isStale,
    })),
  ).toEqual([
    {
      actionId: actionIds[0],
      kind: 'approval',
      sentence: 'severity is high',
      place: 'action/main.rego:7',
      expiresAt: 99,
      isStale: true,
    },
    {
      actionId: actionIds[1],
      kind: 'unknown',
      sentence: 'It was started, and nobody knows whether it took effect.',
      place: '',
      expiresAt: null,
      isStale: false,
    },
    {
      actionId: actionIds[2],
      kind: 'approval',
      sentence: 'because',
      place: 'action/main.rego:7',
      expiresAt: 98,
      isStale: false,
    },
  ])
})

test('a containment is in force until an undo has succeeded', async () => {
  const alert = await addAlert(store)
  const done = { state: 'succeeded', attempt: { outcome: 'succeeded', result: { id: 'q1' } } }
  const made = await addChain(store, {
    alertId: alert.id,
    actions: [done, { ...done, effect: 'notify' }, { attempt: { outcome: 'failed' } }],
  })
  const list = async () =>
    contract['containments.list'].result.parse(await store.reader.query('containments.list', {})).rows
  const raw = await store.reader.query('containments.list', {})
  expect(raw.rows[0]).toMatchObject({ result: { id: 'q1' }, args: {} })
  expect(await list()).toMatchObject([
    { attemptId: made.attemptIds[0], alertId: alert.id, undo: null, undoState: null },
  ])
  const undo = { state: 'waiting', uses: 'file.restore' }
  const chain = await addChain(store, {
    alertId: alert.id,
    trigger: 'undo',
    undoOf: made.attemptIds[0]!,
    actions: [undo],
  })
  expect(await list()).toMatchObject([{ undoState: 'waiting', undoActionId: chain.actionIds[0] }])
  await addChain(store, {
    alertId: alert.id,
    trigger: 'undo',
    undoOf: made.attemptIds[0]!,
    actions: [{ ...undo, state: 'succeeded', attempt: { outcome: 'succeeded', undoes: made.attemptIds[0]! } }],
  })
  expect(await list()).toEqual([])
  expect(await store.reader.query('desk.counts', {})).toMatchObject({
    waiting: 1,
    open: 1,
    problems: 0,
    containments: 0,
  })
})

test('events are listed by outcome with their alerts, and one shows what is left of its body', async () => {
  const alert = await addAlert(store)
  const source = await store.writer.commit('x', (tx) => store.sources.create(tx, 'web', 'analyst'))
  const body = new TextEncoder().encode(`"${'é'.repeat(200_000)}"`)
  const { id } = await store.writer.commit('event', (tx) =>
    store.events.insert(
      tx,
      newEvent({
        sourceId: source.id,
        outcome: 'problem',
        body,
        deliveryId: { space: 'raw/x', id: 'd' },
        query: { a: 'b' },
      }),
    ),
  )
  const problem = await store.writer.commit('x', (tx) =>
    store.problems.add(tx, {
      code: 'x',
      schema: 's',
      eventId: id,
      chainId: null,
      message: 'm',
      details: { diagnostics: [{ code: 'c', message: 'd', file: 'f', row: 1 }] },
    }),
  )
  const events = async (outcomes: QueryArg<'events.page'>['outcomes'], upToSeq: number | null = null) =>
    contract['events.page'].result.parse(
      await store.reader.query('events.page', { outcomes, upToSeq, offset: 0, limit: 10 }),
    )
  expect(await events([])).toMatchObject({
    total: 2,
    newestSeq: 2,
    rows: [
      { id, source: 'web' },
      { alertIds: [alert.id], source: '' },
    ],
  })
  expect(await events(['alerts', 'no_policy'])).toMatchObject({ total: 1, rows: [{ outcome: 'alerts' }] })
  expect(await events([], 1)).toMatchObject({ total: 1, rows: [{ outcome: 'alerts' }], newestSeq: 2 })
  const detail = contract['events.get'].result.parse(await store.reader.query('events.get', { id }))
  expect(detail).toMatchObject({
    deliveryId: 'd',
    query: { a: 'b' },
    problemId: problem.id,
    isBodyTruncated: true,
    isTextReplaced: false,
    size: 400_002,
  })
  expect(detail.body!.length).toBeLessThan(262_144)
  const problems = contract['problems.list'].result.parse(await store.reader.query('problems.list', {}))
  expect(problems.rows).toMatchObject([
    { id: problem.id, canReprocess: true, diagnostics: [{ file: 'f', row: 1 }], alertId: null },
  ])
  const sources = contract['sources.list'].result.parse(await store.reader.query('sources.list', {}))
  expect(sources).toMatchObject({ rows: [{ name: 'web', events: 1, refusals: [] }], refused: [] })
  await store.writer.commit('refusals', (tx) =>
    store.sources.noteRefusals(tx, [
      { sourceId: '', code: 'unauthorized', remote: 'proxy', count: 2 },
      { sourceId: source.id, code: 'too_large', remote: '127.0.0.1', count: 1 },
    ]),
  )
  const after = contract['sources.list'].result.parse(await store.reader.query('sources.list', {}))
  expect(after.rows).toMatchObject([{ refusals: [{ code: 'too_large', count: 1 }] }])
  expect(after.refused.toSorted((a, b) => b.count - a.count)).toMatchObject([
    { source: '', code: 'unauthorized', remote: 'proxy', count: 2 },
    { source: 'web', code: 'too_large', remote: '127.0.0.1', count: 1 },
  ])
})

test('a policy version shows its sources and data, its entry points and whether it is live', async () => {
  await store.writer.commit('x', (tx) => {
    store.policies.insert(tx, newPolicyVersion())
    const dataFiles = [{ path: 'ioc/data.json', source: `"${'x'.repeat(200_000)}"` }]
    store.policies.insert(tx, newPolicyVersion({ id: 'policy-2', dataFiles }))
    store.policies.setLive(tx, 'policy-2', 'analyst', '')
  })
  const get = async (id: string) =>
    contract['policies.version'].result.parse(await store.reader.query('policies.version', { id }))
  expect(await get('policy-1')).toMatchObject({
    number: 1,
    isLive: false,
    entrypoints: [{ path: 'alert/clamav', evaluator: 'wasm' }],
  })
  expect(await get('policy-2')).toMatchObject({
    number: 2,
    isLive: true,
    sources: [
      { path: 'alert/clamav.rego' },
      { path: 'ioc/data.json', source: expect.stringMatching(/\n… 100002 more/) as string },
    ],
  })
  await expect(get('policy-3')).rejects.toMatchObject({ code: 'policy_version_missing' })
})
