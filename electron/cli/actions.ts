import { statSync } from 'node:fs'
import { TocsinError } from '../../shared/errors.ts'
import {
  actionEntry,
  argumentNames,
  builtInActions,
  declaredEntries,
  type ActionEntry,
} from '../engine/actions/action-list.ts'
import { isOwnActionFile } from '../engine/actions/own/own-files.ts'
import { diagnosticsOf } from '../engine/policy/diagnostics-of.ts'
import { readWorkspace } from '../engine/policy/workspace.ts'
import { dataDirOf, policyDirOf } from './engine-config.ts'
import { EXIT_DONE, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { located } from './test-report.ts'

const HEADINGS = ['ACTION', 'ORIGIN', 'EFFECT', 'UNDO', 'ARGUMENTS'] as const
const GAP = '  '

/**
 * `tocsin actions`: what a policy may ask for under `uses`, as a table or, with `--format json`, with the schemas.
 * @returns the exit status
 * @throws TocsinError `workspace_missing` for a policy folder that is named and not there, `policy_invalid`
 */
export async function listActionsOf(given: Given, io: CommandIo): Promise<number> {
  const folder = policyDirOf(given, dataDirOf(given, io.env, io.cwd), io.cwd)
  if (given.policyDir !== undefined) assertFolder(folder)
  const entries = [...builtInActions().map(actionEntry), ...(await declaredIn(folder, io))]
  io.out(given.format === 'json' ? `${JSON.stringify(entries, null, 2)}\n` : table(entries.map(cells)))
  return EXIT_DONE
}

/** @throws TocsinError `policy_invalid`, once what is wrong was told with file and line */
async function declaredIn(folder: string, io: CommandIo): Promise<ActionEntry[]> {
  if (!isFolder(folder)) return []
  try {
    const { sources } = await readWorkspace(folder)
    return declaredEntries(sources.filter(({ path }) => isOwnActionFile(path)))
  } catch (error) {
    for (const diagnostic of diagnosticsOf(error)) io.err(`${located(diagnostic)}\n`)
    throw new TocsinError('policy_invalid', 'What the workspace declares cannot be listed: see above.')
  }
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
}

function assertFolder(folder: string): void {
  if (isFolder(folder)) return
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
