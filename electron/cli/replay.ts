import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TocsinError } from '../../shared/errors.ts'
import { evaluatorBuild } from '../engine/policy/evaluator-build.ts'
import type { Log } from '../engine/ports/ports.ts'
import { openReplay } from '../engine/replay/open-replay.ts'
import { replay, type ReplayReport } from '../engine/replay/replay-run.ts'
import { Handles } from '../engine/secrets/handles.ts'
import { openKeyFileCipher } from '../engine/secrets/key-file-cipher.ts'
import { Vault } from '../engine/secrets/vault.ts'
import { dataPaths } from '../engine/store/data-folder.ts'
import { systemClock, systemIds } from '../engine/ports/system-ports.ts'
import { dataDirOf } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { UsageError } from './usage-error.ts'

/** A person who waits longer is told how far it is. */
const PROGRESS_MS = 2000
const UNITS_MS = { h: 3_600_000, d: 86_400_000 } as const

const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/**
 * `tocsin replay`: makes every recorded decision again from its rows; the counts as JSON on stdout, each difference on
 * stderr. Works beside a desk that has the folder open. @returns the exit status: 1 on a difference
 */
export async function replayDecisions(given: Given, io: CommandIo): Promise<number> {
  const since = sinceOf(given.since)
  const limit = limitOf(given.limit)
  const { folder, database } = dataPaths(dataDirOf(given, io.env, io.cwd))
  if (!existsSync(database)) {
    throw new TocsinError('store_missing', `There is no database in ${folder}: name the data folder with --data.`)
  }
  const vault = join(folder, 'vault')
  const secrets = new Vault({
    folder: vault,
    ciphers: [openKeyFileCipher(join(vault, 'vault.key'))],
    clock: systemClock,
    onReveal: () => {},
  })
  const opened = openReplay(database, { handles: new Handles(await secrets.handleKey()), ids: systemIds, log: QUIET })
  try {
    const build = evaluatorBuild()
    const isOwnBuild = (hash: string): boolean => hash === build
    const report = await replay(opened, { since, limit, isOwnBuild }, progress(io))
    tell(report, io)
    return report.different === 0 ? EXIT_DONE : EXIT_FAILED
  } finally {
    await opened.close()
  }
}

function tell({ differences, ...counts }: ReplayReport, io: CommandIo): void {
  for (const { seq, id, kind, what, detail } of differences) {
    io.err(`decision ${seq} (${kind}, ${id}): ${what} differs: ${detail}\n`)
  }
  if (counts.otherBuild > 0) {
    io.err(`${counts.otherBuild} were made by another build of the evaluators than this one.\n`)
  }
  io.out(`${JSON.stringify({ ...counts, differences: differences.map(({ id, what }) => ({ id, what })) }, null, 2)}\n`)
}

function progress(io: CommandIo): (report: ReplayReport) => void {
  let toldAt = performance.now()
  return ({ decisions, different }) => {
    if (performance.now() - toldAt < PROGRESS_MS) return
    toldAt = performance.now()
    io.err(`${decisions.toLocaleString('en-US')} decisions, ${different} differ …\n`)
  }
}

/** @returns epoch ms; 0 where nothing was said */
function sinceOf(given: Given['since']): number {
  if (given === undefined) return 0
  const text = String(given)
  const [, count, unit] = /^(\d+)([hd])$/.exec(text) ?? []
  if (count !== undefined) return systemClock.now() - Number(count) * UNITS_MS[unit as 'h' | 'd'] // as the pattern says
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new UsageError(`--since "${text}" is neither a date (2026-11-01) nor an age (24h, 7d).`)
  return at
}

function limitOf(given: Given['limit']): number {
  if (given === undefined) return Number.MAX_SAFE_INTEGER
  const limit = Number(given)
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  throw new UsageError(`--limit "${String(given)}" is no count.`)
}
