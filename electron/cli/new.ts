import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { errorMessage, TocsinError } from '../../shared/errors.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { TEMPLATE_DIR } from './paths.ts'

/** As it lies in the template, where a real one would hide files of ours. */
const GITIGNORE = 'gitignore'

/** `tocsin new`: a starter workspace; stdout names each file that was written. @returns the exit status */
export function newWorkspace(given: Given, io: CommandIo): Promise<number> {
  const folder = resolve(io.cwd, String(given.dir ?? '.'))
  const files = templateFiles('')
  const present = files.map(targetName).filter((name) => isThere(join(folder, name)))
  if (present.length > 0 && given.force !== true) {
    io.err(`${folder} has files of these names already; --force overwrites them: ${present.join(', ')}\n`)
    return Promise.resolve(EXIT_FAILED)
  }
  for (const file of files) {
    const name = targetName(file)
    copy(join(TEMPLATE_DIR, file), join(folder, name))
    io.out(`${name}\n`)
  }
  io.err('Next: "make test", or "tocsin play" and "tocsin test" as README.md has them.\n')
  return Promise.resolve(EXIT_DONE)
}

function templateFiles(folder: string): string[] {
  return readdirSync(join(TEMPLATE_DIR, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? templateFiles(path) : [path]
    })
}

function targetName(file: string): string {
  return file === GITIGNORE ? `.${GITIGNORE}` : file
}

/** Also a link that leads nowhere. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false // a file stands where a folder should: writing says so
  }
}

function copy(from: string, to: string): void {
  try {
    mkdirSync(dirname(to), { recursive: true })
    // What a link points to is not ours to overwrite.
    rmSync(to, { force: true })
    writeFileSync(to, readFileSync(from), { flag: 'wx' })
  } catch (error) {
    throw new TocsinError('workspace_unwritable', `${to} cannot be written: ${errorMessage(error)}`, { cause: error })
  }
}
