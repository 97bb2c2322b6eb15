import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { TocsinError } from '../../shared/errors.ts'
import { actionEntry, argumentNames, builtInActions, type ActionEntry } from '../engine/actions/action-list.ts'
import { EXIT_DONE, type CommandIo } from './io.ts'
import type { Given } from './options.ts'

const HEADINGS = ['ACTION', 'ORIGIN', 'EFFECT', 'UNDO', 'ARGUMENTS'] as const
const GAP = '  '

/**
 * `tocsin actions`: what a policy may ask for under `uses`, as a table or, with `--format json`, with the schemas.
 * @returns the exit status
 * @throws TocsinError `workspace_missing` for a policy folder that is named and not there
 */
export async function listActionsOf(given: Given, io: CommandIo): Promise<number> {
  if (given.policyDir !== undefined) assertFolder(resolve(io.cwd, String(given.policyDir)))
  const entries = builtInActions().map(actionEntry)
  io.out(given.format === 'json' ? `${JSON.stringify(entries, null, 2)}\n` : table(entries.map(cells)))
  return EXIT_DONE
}

function assertFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return
  throw new TocsinError('workspace_missing', `There is no policy folder ${folder}: name another one with -d.`)
}

function cells(entry: ActionEntry): string[] {
  const name = [entry.uses, ...entry.aliases.map((alias) => `(${alias})`)].join(' ')
  return [name, entry.origin, entry.effect, entry.undo?.uses ?? '-', argumentNames(entry).join(' ')]
}

function table(rows: readonly string[][]): string {
  const lines = [[...HEADINGS], ...rows]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  )
  return `${text.join('\n')}\n`
}
