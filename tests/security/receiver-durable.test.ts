import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStore, type Store } from '../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import { FakeLog } from '../fakes/ports.ts'
import { post } from './receiver-kit.ts'

/** Enough to meet the moments around a COMMIT, few enough for every run; `npm run test:faults` does a thousand. */
const KILLS = 20
const SENDERS = 8

let dataDir: string
let running: ChildProcess | null = null

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tocsin-durable-'))
})
afterEach(() => {
  running?.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

async function start(fault?: string): Promise<{ port: number; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'receiver-child.ts'), dataDir], {
    env: { ...process.env, ...(fault === undefined ? {} : { TOCSIN_FAULT: fault }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running = child
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { port } = JSON.parse(line) as { port: number }
  return {
    port,
    kill: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function read<T>(look: (store: Store) => T): Promise<T> {
  const store = await openStore({ dataDir, clock: systemClock, ids: systemIds, log: new FakeLog() })
  try {
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok')
    return look(store)
  } finally {
    await store.close()
  }
}

function eventBody(name: string): string {
  return JSON.stringify({ title: name, who: 'ann' })
}

/** The id that an answer acknowledged; null when there was no answer. */
async function sendOne(port: number, name: string, deliveryId?: string): Promise<string | null> {
  const headers = deliveryId === undefined ? [] : [`Idempotency-Key: ${deliveryId}`]
  const answer = await post(port, '/alert/door', eventBody(name), headers).catch(() => null)
  return answer?.status === 200 ? (answer.json as { event_id: string }).event_id : null
}

it('[S19] loses no acknowledged event when it is killed under load', { timeout: 120_000 }, async () => {
  const acknowledged: string[] = []
  for (let round = 0; round < KILLS; round += 1) {
    const { port, kill } = await start()
    let isAlive = true
    const senders = Array.from({ length: SENDERS }, async (_, sender) => {
      for (let count = 0; isAlive; count += 1) {
        const id = await sendOne(port, `${round}/${sender}/${count}`)
        if (id === null) return
        acknowledged.push(id)
        // The kill follows an answer at once, at another count in every round.
        if (sender === 0 && count === round) {
          isAlive = false
          await kill()
        }
      }
    })
    await Promise.all(senders)
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS)
  const { lost, withoutAlert } = await read(({ db }) => {
    const alertOf = db.prepare('SELECT count(*) FROM alert WHERE event_id = ?').pluck()
    const event = db.prepare('SELECT outcome FROM event WHERE id = ?').pluck()
    return {
      lost: acknowledged.filter((id) => event.get(id) === undefined),
      withoutAlert: acknowledged.filter((id) => alertOf.get(id) !== 1),
    }
  })
  expect({ lost, withoutAlert }).toEqual({ lost: [], withoutAlert: [] })
})

it('[S19] stores nothing when it dies before COMMIT, and takes the repeat once', async () => {
  const dying = await start('event:before')
  expect(await sendOne(dying.port, 'once', 'd-1')).toBeNull()
  expect(await read(({ db }) => db.prepare('SELECT count(*) FROM event').pluck().get())).toBe(0)
  const { port, kill } = await start()
  expect(await sendOne(port, 'once', 'd-1')).not.toBeNull()
  await kill()
  expect(await read(({ db }) => db.prepare('SELECT count(*) FROM event').pluck().get())).toBe(1)
})

it('[S19] has stored the event when it dies between COMMIT and answer: the repeat gets that event, one row', async () => {
  const dying = await start('event:after')
  expect(await sendOne(dying.port, 'once', 'd-1')).toBeNull()
  const { port, kill } = await start()
  const again = await sendOne(port, 'once', 'd-1')
  expect(await sendOne(port, 'once', 'd-1')).toBe(again)
  expect(await sendOne(port, 'once')).not.toBe(again)
  await kill()
  const ids = await read(({ db }) => db.prepare('SELECT id FROM event ORDER BY seq').pluck().all())
  expect(ids).toHaveLength(2)
  expect(ids[0]).toBe(again)
})
