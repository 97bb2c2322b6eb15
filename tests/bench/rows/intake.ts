import { statSync } from 'node:fs'
import { join } from 'node:path'
import { backlogOf, numbers, settled } from '../backlog.ts'
import { sendLoad, type LoadReport } from '../load.ts'
import { ALERTCHAIN, count, listed, median, ratio, rounds, spread, type Row } from '../measure.ts'
import { ServerProcess, withFolder } from '../server.ts'

/** Long enough for checkpoints, garbage and the index to take their share. */
const SECONDS = 30
/** The bare bound does the same all the time. */
const BARE_SECONDS = 3
/** Until the compiler of JavaScript has seen the path. */
const WARM_UP_SECONDS = 2
/** The index has followed so long after the last answer. */
const INDEX_MS = 1000

interface Case {
  name: string
  bytes: number
  senders: number
  peer: number
  /** Events per second. */
  perSecond: number
  /** CPU per event with its chain and index; Infinity: no target. */
  cpuUs: number
  /** At least this share of the bare bound; 0: no target. */
  bareShare: number
  /** The bare bound where the peer's figure was recorded: says how fast this machine is today. */
  bareRecorded: number
}

const CASES: Case[] = [
  {
    name: 'intake 2 kB, 32 senders',
    bytes: 2200,
    senders: 32,
    peer: ALERTCHAIN.manySenders,
    perSecond: 5250,
    cpuUs: 300,
    bareShare: 0.2,
    bareRecorded: 19_165,
  },
  {
    name: 'intake 20 kB, 32 senders',
    bytes: 20_000,
    senders: 32,
    peer: ALERTCHAIN.largeBody,
    perSecond: 2500,
    cpuUs: 1000,
    bareShare: 0,
    bareRecorded: 8_508,
  },
  {
    name: 'intake 2 kB, 1 sender',
    bytes: 2200,
    senders: 1,
    peer: ALERTCHAIN.oneSender,
    perSecond: 1300,
    cpuUs: Number.POSITIVE_INFINITY,
    bareShare: 0,
    bareRecorded: 2_915,
  },
]

/** Events per second from bytes to an answer that is durable, chains and search index running beside it. */
export async function intake(): Promise<Row[]> {
  const rows: Row[] = []
  for (const one of CASES) rows.push(await withFolder((folder) => measureCase(one, folder)))
  return rows
}

interface Round {
  bare: LoadReport
  ours: LoadReport
  /** Alerts without index, and chains without end, when the last answer was given. */
  index: number
  chains: number
  /** Until the index and every chain had followed, from the last answer on. */
  behindMs: number
  /** Until the index and every chain had followed. */
  wholeMs: number
  cpuMs: number | null
}

async function measureCase(one: Case, folder: string): Promise<Row> {
  const dataDir = join(folder, 'data')
  const bare = await ServerProcess.bare(folder)
  const ours = await ServerProcess.serve({ dataDir })
  try {
    await send(one, bare, WARM_UP_SECONDS)
    await send(one, ours, WARM_UP_SECONDS)
    await settled(dataDir)
    const results = await rounds(() => measureRound(one, { bare, ours, dataDir }))
    const { events = 0 } = numbers(dataDir, 'SELECT count(*) AS events FROM event')
    return rowOf(one, results, { rssMb: ours.usage()?.rssMb ?? null, diskBytes: bytesOf(dataDir) / events })
  } finally {
    await ours.stop()
    await bare.stop()
  }
}

async function measureRound(
  one: Case,
  { bare, ours, dataDir }: { bare: ServerProcess; ours: ServerProcess; dataDir: string },
): Promise<Round> {
  const bound = await send(one, bare, BARE_SECONDS)
  const before = ours.usage()
  const start = performance.now()
  const report = await send(one, ours, SECONDS)
  const backlog = backlogOf(dataDir)
  const answered = performance.now()
  await settled(dataDir)
  const wholeMs = performance.now() - start
  const behindMs = performance.now() - answered
  const after = ours.usage()
  return {
    bare: bound,
    ours: report,
    ...backlog,
    behindMs,
    wholeMs,
    cpuMs: before && after ? after.cpuMs - before.cpuMs : null,
  }
}

/** The database and the index, without what waits to be moved into them. */
function bytesOf(dataDir: string): number {
  return ['tocsin.db', 'search.db'].reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0)
}

function send({ bytes, senders }: Case, server: ServerProcess, seconds: number): Promise<LoadReport> {
  return sendLoad({ url: `${server.url}/alert/raw/aws_guardduty`, body: bytes, senders, seconds })
}

function rowOf(
  { name, bytes, senders, peer, perSecond, cpuUs, bareShare, bareRecorded }: Case,
  results: Round[],
  { rssMb, diskBytes }: { rssMb: number | null; diskBytes: number },
): Row {
  const of = (pick: (round: Round) => number): number => median(results.map(pick))
  const ours = of((round) => round.ours.perSecond)
  // Of each round by itself: the machine is not the same from one minute to the next.
  const share = of((round) => round.ours.perSecond / round.bare.perSecond)
  const bare = of((round) => round.bare.perSecond)
  const index = of((round) => round.index)
  const cpu = of((round) => ((round.cpuMs ?? Number.NaN) * 1000) / round.ours.answers)
  const behindMs = of((round) => round.behindMs)
  return {
    name,
    ours: `${count(ours)}/s`,
    against: `bare ${count(bare)}/s ×${share.toFixed(2)}; AlertChain ${count(peer)}/s ${ratio(ours, peer)}`,
    facts: [
      `${count(bytes)} bytes, ${senders} senders`,
      spread({ p50: of((round) => round.ours.p50), p99: of((round) => round.ours.p99) }),
      `bare ${spread({ p50: of((round) => round.bare.p50), p99: of((round) => round.bare.p99) })}`,
      `CPU ${count(cpu)} µs per event with its chain and index`,
      `${count(diskBytes)} bytes on disk per event with both`,
      `RSS ${rssMb === null ? '-' : count(rssMb)} MB`,
      `behind at the last answer: index ${count(index)}, chains ${count(of((round) => round.chains))}, ${count(behindMs)} ms later none`,
      `with every chain ended ${count(of((round) => (round.ours.answers * 1000) / round.wholeMs))}/s`,
      `this machine runs the bare bound at ${ratio(bare, bareRecorded)} of where AlertChain was recorded`,
      listed(results.map((round) => round.ours.perSecond)),
    ],
    target: [
      `≥ ${count(perSecond)}/s`,
      ...(bareShare > 0 ? [`≥ ${bareShare} of bare`] : []),
      ...(Number.isFinite(cpuUs) ? [`CPU ≤ ${count(cpuUs)} µs`] : []),
      'index and chains within a second',
    ].join(', '),
    isOk: ours >= perSecond && share >= bareShare && cpu <= cpuUs && behindMs <= INDEX_MS,
  }
}
