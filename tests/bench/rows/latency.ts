import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { settled } from '../backlog.ts'
import { sendLoad, type LoadReport } from '../load.ts'
import { listed, median, ms, percentile, rounds, spread, type Row, type Spread } from '../measure.ts'
import { ServerProcess, withFolder } from '../server.ts'

const PER_SECOND = 500
const SECONDS = 8
const SENDERS = 32
const BYTES = 2200
const TARGET_MS = 15
const SYNCS = 100
/** What a commit of one event appends at least. */
const SYNC_BYTES = 8192

interface Round {
  bare: LoadReport
  ours: LoadReport
  disk: Spread
}

/** How long an event at a steady 500/s waits for its answer. */
export async function latency(): Promise<Row[]> {
  return withFolder(async (folder) => {
    const dataDir = join(folder, 'data')
    const bare = await ServerProcess.bare(folder)
    const ours = await ServerProcess.serve({ dataDir })
    const send = (server: ServerProcess): Promise<LoadReport> =>
      sendLoad({
        url: `${server.url}/alert/raw/aws_guardduty`,
        body: BYTES,
        senders: SENDERS,
        seconds: SECONDS,
        rate: PER_SECOND,
      })
    try {
      await send(ours)
      const results = await rounds(async () => {
        const disk = measureDisk(folder)
        const bound = await send(bare)
        const report = await send(ours)
        await settled(dataDir)
        return { bare: bound, ours: report, disk }
      })
      return [rowOf(results, ours.usage()?.rssMb ?? null)]
    } finally {
      await ours.stop()
      await bare.stop()
    }
  })
}

function rowOf(results: Round[], rssMb: number | null): Row {
  const of = (pick: (round: Round) => number): number => median(results.map(pick))
  const p99 = of((round) => round.ours.p99)
  return {
    name: `p99 at ${PER_SECOND} events/s`,
    ours: ms(p99),
    against: `bare ${ms(of((round) => round.bare.p99))}; the disk's fsync ${spread({
      p50: of((round) => round.disk.p50),
      p99: of((round) => round.disk.p99),
    })}`,
    facts: [
      `${BYTES} bytes, ${SENDERS} senders`,
      `p50 ${ms(of((round) => round.ours.p50))}, bare p50 ${ms(of((round) => round.bare.p50))}`,
      `RSS ${rssMb === null ? '-' : Math.round(rssMb)} MB`,
      listed(results.map((round) => round.ours.p99)),
    ],
    target: `≤ ${TARGET_MS} ms`,
    isOk: p99 <= TARGET_MS,
  }
}

function measureDisk(folder: string): Spread {
  const file = openSync(join(folder, 'sync'), 'a')
  const block = Buffer.alloc(SYNC_BYTES, 1)
  const times: number[] = []
  for (let index = 0; index < SYNCS; index += 1) {
    const start = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    times.push(performance.now() - start)
  }
  closeSync(file)
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
}
