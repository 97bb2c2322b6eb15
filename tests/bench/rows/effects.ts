import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { numbers, settled } from '../backlog.ts'
import { sendLoad } from '../load.ts'
import { ALERTCHAIN, count, listed, median, ratio, rounds, type Row } from '../measure.ts'
import { ServerProcess, withFolder } from '../server.ts'

const EVENTS = 1000
const ACTIONS = 2
const SENDERS = 32
const TARGET = 1200

const DONE = `SELECT count(*) AS count FROM action AS a JOIN attempt AS t ON t.action_id = a.id
  WHERE a.state = 'succeeded' AND t.outcome = 'succeeded'`

/** Calls per second that arrive at a remote, each with its intent and its outcome committed. */
export async function effects(): Promise<Row[]> {
  const remote = await Remote.start()
  try {
    return await withFolder((folder) => measure(join(folder, 'data'), remote))
  } finally {
    remote.close()
  }
}

async function measure(dataDir: string, remote: Remote): Promise<Row[]> {
  const server = await ServerProcess.serve({ dataDir, policyDir: join(import.meta.dirname, '../policies/effects') })
  const body = JSON.stringify({ remote: remote.url })
  const round = async (): Promise<{ perSecond: number; cpuUs: number }> => {
    remote.reset()
    const before = server.usage()
    await sendLoad({ url: `${server.url}/alert/raw/bench`, body, senders: SENDERS, events: EVENTS })
    await settled(dataDir)
    const cpuMs = (server.usage()?.cpuMs ?? Number.NaN) - (before?.cpuMs ?? Number.NaN)
    return { perSecond: remote.perSecond(), cpuUs: (cpuMs * 1000) / remote.count }
  }
  try {
    await round()
    const before = doneIn(dataDir)
    const results = await rounds(round)
    const done = doneIn(dataDir) - before
    const perSecond = median(results.map((result) => result.perSecond))
    return [
      {
        name: 'effects, two HTTP actions',
        ours: `${count(perSecond)}/s`,
        against: `AlertChain, nothing stored, ${count(ALERTCHAIN.effects)}/s ${ratio(perSecond, ALERTCHAIN.effects)}`,
        facts: [
          `${count(EVENTS)} events, ${SENDERS} senders`,
          `${count(done)} outcomes stored`,
          `CPU ${count(median(results.map((result) => result.cpuUs)))} µs per effect`,
          `RSS ${count(server.usage()?.rssMb ?? Number.NaN)} MB`,
          listed(results.map((result) => result.perSecond)),
        ],
        target: `≥ ${count(TARGET)}/s, every outcome stored`,
        isOk: perSecond >= TARGET && done === results.length * EVENTS * ACTIONS,
      },
    ]
  } finally {
    await server.stop()
  }
}

function doneIn(dataDir: string): number {
  return numbers(dataDir, DONE)['count'] ?? 0
}

/** Answers every call and counts it. */
class Remote {
  count = 0
  #firstAt = 0
  #lastAt = 0
  readonly #server = createServer((request, response) => {
    request.resume()
    this.#lastAt = performance.now()
    if (this.count === 0) this.#firstAt = this.#lastAt
    this.count += 1
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 2 }).end('{}')
  })

  static async start(): Promise<Remote> {
    const remote = new Remote()
    await new Promise<void>((resolve) => {
      remote.#server.listen(0, '127.0.0.1', resolve)
    })
    return remote
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` // it listens on TCP
  }

  reset(): void {
    this.count = 0
  }

  /** From the first call to the last. */
  perSecond(): number {
    return ((this.count - 1) * 1000) / (this.#lastAt - this.#firstAt)
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
