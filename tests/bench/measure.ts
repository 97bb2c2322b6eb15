import { readFileSync } from 'node:fs'

/** Each figure is the median of so many rounds; the rounds of ours and of what it is compared with take turns. */
export const ROUNDS = 3

/** AlertChain's `play` of 100 scenarios and `run` of one event, recorded on two cores: 251 to 375 and 30 to 47 ms. */
const WHOLE_PROCESSES = { play: 313, run: 38 }

/** AlertChain in memory, recorded (`docs/ARCHITECTURE.md`): events/s at one and at 32 senders, and with bodies of 20 kB. */
export const ALERTCHAIN = { oneSender: 795, manySenders: 1050, largeBody: 415, effects: 1000, ...WHOLE_PROCESSES }

/** One line of the report. */
export interface Row {
  name: string
  /** What was measured, with its unit. */
  ours: string
  /** What it is compared with: a bound measured in the same run, or a recorded figure; ratios included. */
  against: string
  /** How it was measured and what came with it: body, senders, p50/p99, memory, rounds. */
  facts: string[]
  target: string
  isOk: boolean
}

/** Latencies in ms of one round. */
export interface Spread {
  p50: number
  p99: number
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** @param share 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** @returns the results of `ROUNDS` rounds, in order */
export async function rounds<T>(measure: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let round = 0; round < ROUNDS; round += 1) results.push(await measure())
  return results
}

/** @returns ms */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** What a process has used so far, as Linux tells it; null on other systems. */
export interface Usage {
  rssMb: number
  cpuMs: number
}

/** The kernel counts processor time in hundredths of a second. */
const TICK_MS = 10

export function usageOf(pid: number): Usage | null {
  if (process.platform !== 'linux') return null
  // The second field, the command's name, may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { rssMb: Number(rss) / 1024, cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS }
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}

export function ratio(ours: number, theirs: number): string {
  return `×${(ours / theirs).toFixed(2)}`
}

export function spread({ p50, p99 }: Spread): string {
  return `p50 ${ms(p50)}, p99 ${ms(p99)}`
}

export function listed(values: readonly number[]): string {
  return `rounds ${values.map(count).join(' / ')}`
}
