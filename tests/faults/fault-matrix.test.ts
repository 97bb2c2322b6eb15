import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { DeskClient } from './desk-client.ts'
import { DataFolders, readRows, ServeProcess } from './serve-process.ts'

type Kind = 'idempotent' | 'probed' | 'neither'
const KIND_NAMES: Record<Kind, string> = { idempotent: 'get', probed: 'quarantine', neither: 'post' }
const KINDS: readonly Kind[] = ['idempotent', 'probed', 'neither']

interface Point {
  fault: string
  /** Which action's commit this is; null for one of the chain or the event. */
  pass: number
  /** What must be true after the restart. */
  state: (kind: Kind, isStored: boolean) => string
  isAsked?: boolean
  kinds?: readonly Kind[]
}

/** A slow first evaluation has its event stored before; then it is evaluated after the restart. */
const IF_PENDING = (_kind: Kind, isStored: boolean): string => (isStored ? 'succeeded' : 'not received')
const DONE = (): string => 'succeeded'
/** Between intent and outcome nobody knows, but for what may be repeated or can be asked. */
const UNKNOWN_IF_NEITHER = (kind: Kind): string => (kind === 'neither' ? 'unknown' : 'succeeded')

/** Every commit on the way of one action, the effect itself, and each step of a quarantine. */
const POINTS: readonly Point[] = [
  { fault: 'event:before', pass: 1, state: IF_PENDING },
  { fault: 'event:after', pass: 1, state: DONE },
  { fault: 'chain-round:before', pass: 1, state: DONE },
  { fault: 'chain-round:after', pass: 1, state: DONE },
  { fault: 'chain-intent:before', pass: 1, state: DONE },
  { fault: 'chain-intent:after', pass: 1, state: UNKNOWN_IF_NEITHER },
  { fault: 'effect:after', pass: 1, state: UNKNOWN_IF_NEITHER },
  { fault: 'chain-outcome:before', pass: 1, state: UNKNOWN_IF_NEITHER },
  { fault: 'chain-outcome:after', pass: 1, state: DONE },
  { fault: 'chain-round:before', pass: 2, state: DONE },
  { fault: 'chain-round:after', pass: 2, state: DONE },
  { fault: 'quarantine:manifest', pass: 1, state: DONE, kinds: ['probed'] },
  { fault: 'quarantine:moved', pass: 1, state: DONE, kinds: ['probed'] },
  { fault: 'quarantine:verified', pass: 1, state: DONE, kinds: ['probed'] },
  { fault: 'quarantine:done', pass: 1, state: DONE, kinds: ['probed'] },
  // The first of these commits lets the chain wait, the second one is the approval.
  { fault: 'chain-decide:before', pass: 2, state: () => 'waiting', isAsked: true, kinds: ['probed'] },
  { fault: 'chain-decide:after', pass: 2, state: DONE, isAsked: true, kinds: ['probed'] },
]

const folders = new DataFolders()
let remote: FakeRemote
const table: object[] = []

beforeAll(async () => {
  remote = await FakeRemote.start()
  await folders.prepare()
})

afterAll(async () => {
  await remote.close()
  folders.remove()
  // The table is what the test shows; a person reads it in the output.
  console.table(table)
})

const rows = POINTS.flatMap((point) =>
  (point.kinds ?? KINDS).map((kind) => [`${point.fault} #${point.pass}`, kind, point] as const),
)

describe('every fault point', () => {
  it.each(rows)('[S24] %s, %s: nothing lost, nothing twice', async (name, kind, point) => {
    const { dataDir, files } = folders.fresh()
    const path = join(files, 'found.bin')
    writeFileSync(path, 'found')
    const event = {
      n: `n${table.length}`,
      path,
      remote: remote.url,
      kinds: [KIND_NAMES[kind]],
      ask: point.isAsked ?? false,
    }

    const dying = await ServeProcess.start(dataDir, `${point.fault}:${point.pass}`)
    if (!dying) throw new Error('It died before it was ready')
    const eventId = await dying.send(event)
    if (point.isAsked) await approve(dying, dataDir)
    await dying.whenDead()

    const isStored = readRows(dataDir, 'SELECT id FROM event').length > 0
    const next = await ServeProcess.start(dataDir)
    if (point.isAsked && point.fault === 'chain-decide:before') await next?.kill('SIGTERM')
    const state = await settledState(dataDir)
    await next?.kill('SIGTERM')
    const calls =
      kind === 'probed'
        ? quarantined(dataDir)
        : remote.calls.filter(({ path: called }) => called.endsWith(`/${event.n}`)).length
    table.push({ 'fault point': name, kind, calls, 'state after restart': state, acknowledged: eventId !== null })

    expect(state).toBe(point.state(kind, isStored))
    if (eventId !== null) expect(readRows(dataDir, `SELECT id FROM event WHERE id = '${eventId}'`)).toHaveLength(1)
    if (state === 'succeeded') expect(calls).toBeGreaterThanOrEqual(1)
    if (kind !== 'idempotent') expect(calls).toBeLessThanOrEqual(1)
    if (kind === 'probed') expect(existsSync(path)).toBe(state !== 'succeeded')
  })
})

async function approve(serve: ServeProcess, dataDir: string): Promise<void> {
  await expect
    .poll(() => readRows(dataDir, "SELECT id FROM chain WHERE state = 'waiting'"), { timeout: 10_000 })
    .toHaveLength(1)
  const desk = await DeskClient.open(serve.ready.desk ?? '')
  const listed = await desk.call('approvals.list', {})
  const actionId = listed.ok ? (listed.value.rows[0]?.actionId ?? '') : ''
  const card = await desk.call('approvals.get', { actionId })
  // The answer never comes: the process dies at this very commit.
  void desk.call('approvals.approve', {
    actionId,
    boundHash: card.ok ? card.value.boundHash : '',
    isStaleConfirmed: false,
    editedArgs: null,
    why: '',
  })
  await serve.whenDead()
  desk.close()
}

/** The state of the only action once nothing moves any more. */
/** A chain whose action was approved before the end still waits until the new process drives it. */
const UNSETTLED = `SELECT id FROM chain WHERE state IN ('queued', 'running')
  UNION ALL SELECT id FROM action WHERE state IN ('proposed', 'approved', 'running')`

async function settledState(dataDir: string): Promise<string> {
  await expect.poll(() => readRows(dataDir, UNSETTLED), { timeout: 15_000 }).toEqual([])
  return readRows<{ state: string }>(dataDir, 'SELECT state FROM action')[0]?.state ?? 'not received'
}

function quarantined(dataDir: string): number {
  const folder = join(dataDir, 'quarantine')
  return existsSync(folder) ? readdirSync(folder).length : 0
}
