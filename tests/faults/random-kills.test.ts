import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { unproven } from '../fakes/proven.ts'
import { liftCaps } from './desk-run.ts'
import { DataFolders, readRows, ServeProcess } from './serve-process.ts'

/** 30 in `npm test`; `npm run test:faults` makes it 1,000. */
const KILLS = Number(process.env['TOCSIN_FAULT_KILLS'] ?? 30)
/** Where in its work the process is hit: from the first event to well into the chains. */
const LONGEST_LIFE_MS = 300
const SENDERS = 4
/** Each life leaves chains behind for the next ones; more than this would only make the last one long. */
const EVENTS_PER_SENDER = 2

const folders = new DataFolders()
let remote: FakeRemote

beforeAll(async () => {
  remote = await FakeRemote.start()
  await folders.prepare()
})

afterAll(async () => {
  await remote.close()
  folders.remove()
})

it(
  `[S19] [S24] ${KILLS} kills at random: no acknowledged event lost, no effect twice`,
  async () => {
    const { dataDir, files } = folders.fresh()
    await liftCaps({ dataDir })
    const acknowledged = new Set<string>()
    for (let kill = 0; kill < KILLS; kill += 1) await liveAndDie(dataDir, files, `k${kill}`, acknowledged)

    const last = await ServeProcess.start(dataDir)
    await expect
      .poll(() => readRows(dataDir, "SELECT id FROM chain WHERE state IN ('queued', 'running')"), {
        timeout: 60_000 + KILLS * 500,
        interval: 500,
      })
      .toEqual([])
    await last?.kill('SIGTERM')

    const stored = new Set(readRows<{ id: string }>(dataDir, 'SELECT id FROM event').map(({ id }) => id))
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([])
    const posts = new Map<string, number>()
    for (const { method, path } of remote.calls) if (method === 'POST') posts.set(path, (posts.get(path) ?? 0) + 1)
    expect([...posts].filter(([, count]) => count > 1)).toEqual([])
    const chains = readRows<{ state: string; unknown: number }>(
      dataDir,
      "SELECT c.state, (SELECT count(*) FROM action AS a WHERE a.chain_id = c.id AND a.state = 'unknown') AS unknown FROM chain AS c",
    )
    expect(
      chains.filter(({ state, unknown }) => state !== 'completed' && !(state === 'waiting' && unknown > 0)),
    ).toEqual([])
    expect(readRows<{ n: number }>(dataDir, 'SELECT count(*) AS n FROM audit')[0]?.n).toBe(
      readRows<{ n: number }>(dataDir, 'SELECT max(seq) AS n FROM audit')[0]?.n,
    )
    expect(await unproven(dataDir)).toEqual([])
    console.info(
      `${KILLS} kills: ${acknowledged.size} events acknowledged, ${stored.size} stored, ${posts.size} POSTs, ${chains.filter(({ unknown }) => unknown > 0).length} chains ask the analyst`,
    )
  },
  60_000 + KILLS * 10_000,
)

async function liveAndDie(dataDir: string, files: string, name: string, acknowledged: Set<string>): Promise<void> {
  const serve = await ServeProcess.start(dataDir)
  if (!serve) throw new Error('It did not start again')
  const sender = async (who: number): Promise<void> => {
    for (let count = 0; count < EVENTS_PER_SENDER && !serve.isDead; count += 1) {
      const n = `${name}-${who}-${count}`
      const path = join(files, `${n}.bin`)
      writeFileSync(path, n)
      const id = await serve.send({ n, path, remote: remote.url, kinds: ['get', 'quarantine', 'post'], ask: false })
      if (id === null) return
      acknowledged.add(id)
    }
  }
  const senders = Array.from({ length: SENDERS }, (_none, who) => sender(who))
  // The moment of death is what this test varies; nothing waits for it but the process itself.
  await wait(Math.random() * LONGEST_LIFE_MS)
  await serve.kill()
  await Promise.all(senders)
}
