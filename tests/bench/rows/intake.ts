import { join } from 'node:path'
import { backlogOf, settled } from '../backlog.ts'
import { sendLoad, type LoadReport } from '../load.ts'
import { ALERTCHAIN, count, listed, median, ratio, rounds, spread, type Row } from '../measure.ts'
import { ServerProcess, withFolder } from '../server.ts'

const SECONDS = 3
/** Until the compiler of JavaScript has seen the path. */
const WARM_UP_SECONDS = 2

interface Case {
  name: string
  bytes: number
  senders: number
  peer: number
  /** How many times the peer's figure. */
  peerTimes: number
  /** At least this share of the bare bound; 0: no target. */
  bareShare: number
  /** The bare bound where the peer's figure was recorded: says how fast this machine is today. */
  bareRecorded: number
}

/** `design.md` §8. */
const CASES: Case[] = [
  {
    name: 'intake 2 kB, 32 senders',
    bytes: 2200,
    senders: 32,
    peer: ALERTCHAIN.manySenders,
    peerTimes: 5,
    bareShare: 0.4,
    bareRecorded: 19_165,
  },
  {
    name: 'intake 20 kB, 32 senders',
    bytes: 20_000,
    senders: 32,
    peer: ALERTCHAIN.largeBody,
    peerTimes: 9,
    bareShare: 0,
    bareRecorded: 8_508,
  },
  {
    name: 'intake 2 kB, 1 sender',
    bytes: 2200,
    senders: 1,
    peer: ALERTCHAIN.oneSender,
    peerTimes: 1.5,
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
    return rowOf(one, results, ours.usage()?.rssMb ?? null)
  } finally {
    await ours.stop()
    await bare.stop()
  }
}

async function measureRound(
  one: Case,
  { bare, ours, dataDir }: { bare: ServerProcess; ours: ServerProcess; dataDir: string },
): Promise<Round> {
  const bound = await send(one, bare, SECONDS)
  const before = ours.usage()
  const start = performance.now()
  const report = await send(one, ours, SECONDS)
  const backlog = backlogOf(dataDir)
  await settled(dataDir)
  const wholeMs = performance.now() - start
  const after = ours.usage()
  return { bare: bound, ours: report, ...backlog, wholeMs, cpuMs: before && after ? after.cpuMs - before.cpuMs : null }
}

function send({ bytes, senders }: Case, server: ServerProcess, seconds: number): Promise<LoadReport> {
  return sendLoad({ url: `${server.url}/alert/raw/aws_guardduty`, body: bytes, senders, seconds })
}

function rowOf(
  { name, bytes, senders, peer, peerTimes, bareShare, bareRecorded }: Case,
  results: Round[],
  rssMb: number | null,
): Row {
  const of = (pick: (round: Round) => number): number => median(results.map(pick))
  const ours = of((round) => round.ours.perSecond)
  // Of each round by itself: the machine is not the same from one minute to the next.
  const share = of((round) => round.ours.perSecond / round.bare.perSecond)
  const bare = of((round) => round.bare.perSecond)
  const index = of((round) => round.index)
  const cpuUs = of((round) => ((round.cpuMs ?? Number.NaN) * 1000) / round.ours.answers)
  const isIndexed = index <= ours
  return {
    name,
    ours: `${count(ours)}/s`,
    against: `bare ${count(bare)}/s ×${share.toFixed(2)}; AlertChain ${count(peer)}/s ${ratio(ours, peer)}`,
    facts: [
      `${count(bytes)} bytes, ${senders} senders`,
      spread({ p50: of((round) => round.ours.p50), p99: of((round) => round.ours.p99) }),
      `bare ${spread({ p50: of((round) => round.bare.p50), p99: of((round) => round.bare.p99) })}`,
      `CPU ${count(cpuUs)} µs per event with its chain and index`,
      `RSS ${rssMb === null ? '-' : count(rssMb)} MB`,
      `behind at the end: index ${count(index)}, chains ${count(of((round) => round.chains))}`,
      `with every chain ended ${count(of((round) => (round.ours.answers * 1000) / round.wholeMs))}/s`,
      `this machine runs the bare bound at ${ratio(bare, bareRecorded)} of where AlertChain was recorded`,
      listed(results.map((round) => round.ours.perSecond)),
    ],
    target: `≥ ${count(peer * peerTimes)}/s${bareShare > 0 ? `, ≥ ${bareShare} of bare` : ''}, index within a second`,
    isOk: ours >= peer * peerTimes && share >= bareShare && isIndexed,
  }
}
