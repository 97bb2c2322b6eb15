import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeskClient } from '../../faults/desk-client.ts'
import { backlogOf, numbers } from '../backlog.ts'
import { sendLoad } from '../load.ts'
import { count, listed, median, ms, percentile, ROUNDS, rounds, type Row } from '../measure.ts'
import { ServerProcess, withFolder } from '../server.ts'

const PER_SECOND = 1000
const SECONDS = 6
const SENDERS = 32
const BEHIND = 10_000
/** Some chains end meanwhile: those approved, and a slow one or another whose five seconds are up. */
const ABOUT_ALL_BEHIND = 9_900
const APPROVALS_PER_ROUND = 10
const APPROVE_EVERY_MS = 500
const TARGET_MS = 250
/** How long the remote leaves a slow action without an answer. */
const SLOW_MS = 5000

const LAST_INTENT = `SELECT coalesce(max(t.intent_at), 0) AS at FROM attempt AS t JOIN action AS a ON a.id = t.action_id
  WHERE a.effect = 'contain'`

/** From the analyst's word to the committed intent, with chains behind and events coming in. */
export async function approve(): Promise<Row[]> {
  const remote = await slowRemote()
  try {
    return await withFolder((folder) => measure(join(folder, 'data'), urlOf(remote)))
  } finally {
    remote.closeAllConnections()
    remote.close()
  }
}

async function measure(dataDir: string, remote: string): Promise<Row[]> {
  const policyDir = join(import.meta.dirname, '../policies/approve')
  const server = await ServerProcess.serve({ dataDir, policyDir, desk: true })
  const desk = await DeskClient.open(server.deskLink ?? '')
  const send = (kind: string, plan: { events?: number; seconds?: number; rate?: number }): Promise<unknown> =>
    sendLoad({
      url: `${server.url}/alert/raw/bench`,
      body: JSON.stringify({ remote, kind }),
      senders: SENDERS,
      ...plan,
    })
  try {
    await send('approve', { events: APPROVALS_PER_ROUND * ROUNDS })
    const waiting = await waitingActions(desk, APPROVALS_PER_ROUND * ROUNDS)
    await send('slow', { events: BEHIND })
    const results = await rounds(async () => {
      const load = send('none', { seconds: SECONDS, rate: PER_SECOND })
      const times: number[] = []
      for (const actionId of waiting.splice(0, APPROVALS_PER_ROUND)) {
        await sleep(APPROVE_EVERY_MS)
        times.push(await approveOne(desk, dataDir, actionId))
      }
      await load
      return times
    })
    return [rowOf(results, backlogOf(dataDir).chains)]
  } finally {
    desk.close()
    await server.stop()
  }
}

function rowOf(results: number[][], behind: number): Row {
  const worst = median(results.map((times) => Math.max(...times)))
  return {
    name: 'approve to intent',
    ours: ms(worst),
    against: `p50 ${ms(percentile(results.flat(), 0.5))}; ours is the slowest of a round`,
    facts: [
      `${count(PER_SECOND)} events/s coming in, ${count(behind)} chains behind`,
      `${APPROVALS_PER_ROUND} approvals a round`,
      listed(results.map((times) => Math.max(...times))),
    ],
    target: `≤ ${TARGET_MS} ms`,
    isOk: worst <= TARGET_MS && behind >= ABOUT_ALL_BEHIND,
  }
}

/** @returns ms from the call to the time that the intent's row has; never less than the answer's own way */
async function approveOne(desk: DeskClient, dataDir: string, actionId: string): Promise<number> {
  const card = await desk.call('approvals.get', { actionId })
  if (!card.ok) throw new Error(`No card: ${card.error.message}`)
  const { boundHash } = card.value
  const earlier = numbers(dataDir, LAST_INTENT)['at'] ?? 0
  const start = Date.now()
  const answer = await desk.call('approvals.approve', {
    actionId,
    boundHash,
    isStaleConfirmed: false,
    editedArgs: null,
    why: '',
  })
  if (!answer.ok) throw new Error(`Not approved: ${answer.error.message}`)
  for (;;) {
    const at = numbers(dataDir, LAST_INTENT)['at'] ?? 0
    if (at > earlier) return at - start
    await sleep(1)
  }
}

async function waitingActions(desk: DeskClient, wanted: number): Promise<string[]> {
  for (;;) {
    const listing = await desk.call('approvals.list', {})
    const ids = listing.ok ? listing.value.rows.map((row) => row.actionId) : []
    if (ids.length >= wanted) return ids
    await sleep(APPROVE_EVERY_MS)
  }
}

/** Answers `/slow` late and everything else at once. */
async function slowRemote(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume()
    const answer = (): void => void response.writeHead(200, { 'Content-Length': 2 }).end('{}')
    if (request.url === '/slow') setTimeout(answer, SLOW_MS)
    else answer()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return server
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}
