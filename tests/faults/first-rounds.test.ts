import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { unproven } from '../fakes/proven.ts'
import { DataFolders, readRows, ServeProcess } from './serve-process.ts'

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

/** What its action policy proposes in the first round. */
const SORTS = { nothing: [], actions: ['get', 'post'] } as const

interface Decision {
  kind: string
  round_no: number | null
  n: number
}

describe('a first round that is evaluated with its event', () => {
  it.each([
    ['event:before', 'nothing', 0],
    ['event:before', 'actions', 0],
    ['event:after', 'nothing', 1],
    ['event:after', 'actions', 1],
  ] as const)('[S19] [S24] killed at %s, %s proposed: all of it or nothing', async (fault, sort, stored) => {
    const { dataDir } = folders.fresh()
    const first = await ServeProcess.start(dataDir)
    // The evaluation of the one that is lost finds everything ready, and is not stored ahead of it.
    expect(await first?.send(event('warm', []))).not.toBeNull()
    await first?.kill('SIGTERM')

    const dying = await ServeProcess.start(dataDir, fault)
    expect(await dying?.send(event(`${fault}-${sort}`, SORTS[sort]))).toBeNull()
    await dying?.whenDead()
    const events = readRows<{ outcome: string }>(dataDir, `SELECT outcome FROM event WHERE seq > 1`)
    const isPending = events.some(({ outcome }) => outcome === 'pending')
    expect(isPending ? stored : events.length).toBe(stored)
    // What proposes nothing has ended in the very row in which it began.
    if (!isPending && stored === 1)
      expect(readRows(dataDir, 'SELECT state FROM chain WHERE seq > 1')).toEqual([
        { state: sort === 'nothing' ? 'completed' : 'queued' },
      ])

    const next = await ServeProcess.start(dataDir)
    const open = `SELECT state FROM chain WHERE state NOT IN ('completed') UNION ALL SELECT outcome FROM event WHERE outcome = 'pending'`
    await expect.poll(() => readRows(dataDir, open), { timeout: 15_000 }).toEqual([])
    await next?.kill('SIGTERM')
    const chains = readRows<{ n: number }>(dataDir, 'SELECT count(*) AS n FROM chain')[0]?.n
    expect(chains).toBe(1 + readRows(dataDir, 'SELECT seq FROM event WHERE seq > 1').length)
    const twice = `SELECT kind, round_no, count(*) AS n FROM decision WHERE is_taken = 1
      GROUP BY kind, event_id, chain_id, round_no HAVING count(*) > 1`
    expect(readRows<Decision>(dataDir, twice)).toEqual([])
    const posts = remote.calls.filter(({ path }) => path.endsWith(`/post/${fault}-${sort}`))
    expect(posts).toHaveLength(stored === 1 && sort === 'actions' ? 1 : posts.length)
    expect(posts.length).toBeLessThanOrEqual(1)
    expect(await unproven(dataDir)).toEqual([])
  })
})

function event(n: string, kinds: readonly string[]): object {
  return { n, path: '', remote: remote.url, kinds, ask: false }
}
