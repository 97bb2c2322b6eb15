// `npm run bench`: what it must hold, measured; `npm run bench -- --only intake,start` measures some of it.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { ROUNDS, type Row } from './measure.ts'
import { approve } from './rows/approve.ts'
import { commands } from './rows/commands.ts'
import { effects } from './rows/effects.ts'
import { inbox } from './rows/inbox.ts'
import { intake } from './rows/intake.ts'
import { latency } from './rows/latency.ts'
import { memory } from './rows/memory.ts'
import { policy } from './rows/policy.ts'
import { save } from './rows/save.ts'
import { start } from './rows/start.ts'

const ROWS = { policy, intake, latency, approve, effects, inbox, save, start, commands, memory }

type Name = keyof typeof ROWS

function chosen(): Name[] {
  const names = Object.keys(ROWS) as Name[] // of the literal above
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  if (values.only === undefined) return names
  const wanted = values.only.split(',')
  const unknown = wanted.find((name) => !Object.hasOwn(ROWS, name))
  if (unknown !== undefined) throw new Error(`There is no "${unknown}" to measure, only: ${names.join(', ')}`)
  return names.filter((name) => wanted.includes(name))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function printRow({ name, ours, against, facts, target, isOk }: Row): void {
  print(`${isOk ? 'ok   ' : 'below'} ${name.padEnd(28)} ${ours.padStart(10)}   target ${target}`)
  print(`      against ${against}`)
  print(`      ${facts.join('; ')}`)
}

async function main(): Promise<void> {
  const names = chosen()
  const load = (loadavg()[0] ?? 0).toFixed(1)
  print(`Node ${process.version}, ${cpus().length} cores, load ${load}; median of ${ROUNDS} rounds\n`)
  let below = 0
  for (const name of names) {
    for (const row of await ROWS[name]()) {
      printRow(row)
      if (!row.isOk) below += 1
    }
  }
  print('\nnot measured: back-test (this version has none); rows mounted and the crash matrix are tests of their own')
  print(below === 0 ? 'all targets are held' : `${below} below target`)
  process.exitCode = below === 0 ? 0 : 1
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
