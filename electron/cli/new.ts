import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errorMessage, TocsinError } from '../../shared/errors.ts'
import { OpenFolder } from '../engine/files/open-folder.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { TEMPLATE_DIR } from './paths.ts'

/** As it lies in the template, where a real one would hide files of ours. */
const GITIGNORE = 'gitignore'

/** `tocsin new`: a starter workspace; stdout names each file that was written. @returns the exit status */
export async function newWorkspace(given: Given, io: CommandIo): Promise<number> {
  const folder = resolve(io.cwd, String(given.dir ?? '.'))
  const files = templateFiles('')
  const present = files.map(targetName).filter((name) => isThere(join(folder, name)))
  if (present.length > 0 && given.force !== true) {
    io.err(`${folder} has files of these names already; --force overwrites them: ${present.join(', ')}\n`)
    return EXIT_FAILED
  }
  const root = await openRoot(folder)
  try {
    for (const file of files) {
      const name = targetName(file)
      await copy(join(TEMPLATE_DIR, file), root, name)
      io.out(`${name}\n`)
    }
  } finally {
    await root.close()
  }
  io.err('Next: "make test", or "tocsin play" and "tocsin test" as README.md has them.\n')
  return EXIT_DONE
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

/** The folder itself may be a link; nothing in it is followed. */
async function openRoot(folder: string): Promise<OpenFolder> {
  try {
    await mkdir(folder, { recursive: true })
    return await OpenFolder.openReal(folder)
  } catch (error) {
    throw unwritable(folder, error)
  }
}

/** @param path of the new file, below the root */
async function copy(from: string, root: OpenFolder, path: string): Promise<void> {
  try {
    await copyInto(root, path.split('/'), readFileSync(from))
  } catch (error) {
    throw unwritable(join(root.path, path), error)
  }
}

async function copyInto(folder: OpenFolder, [name = '', ...below]: string[], bytes: Buffer): Promise<void> {
  if (below.length === 0) {
    // What a link points to is not ours to overwrite.
    await rm(folder.at(name), { force: true })
    await writeFile(folder.at(name), bytes, { flag: 'wx' })
    return
  }
  const child = await folder.childOrNew(name)
  try {
    await copyInto(child, below, bytes)
  } finally {
    await child.close()
  }
}

function unwritable(path: string, error: unknown): TocsinError {
  return new TocsinError('workspace_unwritable', `${path} cannot be written: ${errorMessage(error)}`, { cause: error })
}
