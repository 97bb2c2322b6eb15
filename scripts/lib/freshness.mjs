import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './project.mjs'

const OUT = join(ROOT, 'out')

/** What the last build was made of, written as it ended. */
export const STAMP = join(OUT, '.sources')

/** What the bundle is made of. `policies/` is read at run time and is no part of it. */
const FOLDERS = ['electron', 'renderer', 'shared']
const FILES = ['electron.vite.config.ts', 'package.json', 'package-lock.json']
const NOT_BUILT = /\.test\.tsx?$|\.md$|\.go$|[\\/]go$/

/** What a finished build has; a folder that misses one was interrupted. */
const RESULTS = ['main/main.js', 'main/cli.js', 'main/engine-thread.js', 'preload/preload.cjs', 'renderer/index.html']

/** Whether `out/` is made of the present sources. An installed copy has none, and is taken as it is. */
export function isBuilt() {
  return !existsSync(join(ROOT, 'electron', 'cli.ts')) || isFresh()
}

function isFresh() {
  if (!RESULTS.every((file) => existsSync(join(OUT, file)))) return false
  try {
    return readFileSync(STAMP, 'utf8') === fingerprint()
  } catch {
    return false
  }
}

/** @returns names, sizes and times of the sources. Not their contents: it is taken at every start of the command. */
export function fingerprint() {
  let lines = ''
  const add = (path) => {
    const info = statSync(`${ROOT}/${path}`, { throwIfNoEntry: false })
    if (info !== undefined) lines += `${path} ${info.size} ${info.mtimeMs}\n`
  }
  const visit = (folder) => {
    for (const entry of readdirSync(`${ROOT}/${folder}`, { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`
      if (NOT_BUILT.test(path)) continue
      if (entry.isDirectory()) visit(path)
      else add(path)
    }
  }
  FOLDERS.forEach(visit)
  FILES.forEach(add)
  return lines
}
