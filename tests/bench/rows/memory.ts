import { setInterval as every } from 'node:timers/promises'
import { settled } from '../backlog.ts'
import { sendLoad } from '../load.ts'
import { count, median, type Row } from '../measure.ts'
import { ServerProcess, withFolder } from '../server.ts'

const EVENTS = 300_000
/** The first fills caches, the last must be as the second: what grows with events would show. */
const THIRDS = ['first', 'second', 'last'] as const
const SENDERS = 32
const BYTES = 2200
const LOOK_MS = 250
const TARGET_MB = 200
const FLAT_SHARE = 0.05

/** Memory of the engine's process from an empty folder, while events come as fast as they are answered. */
export async function memory(): Promise<Row[]> {
  return withFolder(async (dataDir) => {
    // The policy is compiled and stored by a start before, so that this process never starts the tool chain.
    await (await ServerProcess.serve({ dataDir })).stop()
    const server = await ServerProcess.serve({ dataDir })
    try {
      const atStart = rssMb(server)
      const thirds: number[][] = []
      for (const _third of THIRDS) thirds.push(await underLoad(server))
      await settled(dataDir)
      return [rowOf(atStart, thirds, rssMb(server))]
    } finally {
      await server.stop()
    }
  })
}

function rssMb(server: ServerProcess): number {
  return server.usage()?.rssMb ?? Number.NaN
}

/** Sends a third of the events. @returns what was looked at meanwhile, MB */
async function underLoad(server: ServerProcess): Promise<number[]> {
  const looks: number[] = []
  const done = new AbortController()
  const watching = watch(server, looks, done.signal)
  const url = `${server.url}/alert/raw/aws_guardduty`
  try {
    await sendLoad({ url, body: BYTES, senders: SENDERS, events: EVENTS / THIRDS.length })
  } finally {
    done.abort()
    await watching
  }
  return [...looks, rssMb(server)]
}

async function watch(server: ServerProcess, looks: number[], signal: AbortSignal): Promise<void> {
  try {
    for await (const _look of every(LOOK_MS, undefined, { signal })) looks.push(rssMb(server))
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function rowOf(atStart: number, thirds: number[][], atRest: number): Row {
  const most = Math.max(...thirds.flat())
  const [, second = Number.NaN, last = Number.NaN] = thirds.map(median)
  const growth = last / second - 1
  return {
    name: 'memory of the engine',
    ours: `${count(most)} MB`,
    against: 'AlertChain 4,096 MB at 100,000 events',
    facts: [
      `${count(EVENTS)} events of ${BYTES} bytes at full rate from an empty folder, ${SENDERS} senders`,
      `at the start ${count(atStart)} MB, settled ${count(atRest)} MB`,
      ...THIRDS.map((name, at) => `${name} third ${describe(thirds[at] ?? [])}`),
      `last against second ${(growth * 100).toFixed(1)} %`,
      'the tool chain was never started',
    ],
    target: `≤ ${TARGET_MB} MB at the most, the last third within ${FLAT_SHARE * 100} % of the second`,
    isOk: most <= TARGET_MB && growth <= FLAT_SHARE,
  }
}

function describe(looks: number[]): string {
  return `${count(median(looks))} MB, at the most ${count(Math.max(...looks))}`
}
