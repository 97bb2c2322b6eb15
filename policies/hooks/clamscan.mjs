#!/usr/bin/env node
/**
 * Scans files with clamscan and sends each finding to Tocsin:
 *
 *   clamscan.mjs FOLDER|FILE… [-- OPTION OF CLAMSCAN…]
 *
 * Needs Node 18 or later, clamscan, and clamav-event.mjs beside it. clamscan never sees the name of a file, and no name is read
 * from what it prints: it scans numbers. What it found something in is opened once more, scanned by its descriptor and hashed
 * by the same, so that a finding is about the bytes that were scanned, whatever lies under the name by then. Links are not
 * followed. TOCSIN_URL and TOCSIN_TOKEN as for clamav-event.mjs; CLAMSCAN names another program.
 *
 * Exit status: 0 everything was scanned, every finding received; 2 wrong usage; 3 Tocsin refused a finding; 4 Tocsin did not
 * answer; 5 something could not be scanned (stderr says what).
 */
import { spawn } from 'node:child_process'
import { lstat, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { EXIT, findingOf, hashOf, openFile, report } from './clamav-event.mjs'

const WRONG_USAGE = 2
const NOT_SCANNED = 5
/** Descriptors that are handed to one clamscan. */
const BATCH = 64
/** Standard input, output and error come first. */
const FIRST_DESCRIPTOR = 3
const SLASH = Buffer.from('/')

/** Every file at and below a path, as bytes: a name need not be text. */
async function* filesBelow(path, onFailure) {
  try {
    const stats = await lstat(path)
    if (stats.isFile()) yield path
    if (!stats.isDirectory()) return
    for (const name of await readdir(path, { encoding: 'buffer' })) {
      yield* filesBelow(Buffer.concat([path, SLASH, name]), onFailure)
    }
  } catch (error) {
    onFailure(`cannot be read (${error.code}): ${JSON.stringify(path.toString())}`)
  }
}

/**
 * @param names what clamscan is to scan, all of our own making
 * @param descriptors that it inherits, from 3 on
 * @returns `{ code, found }`: its exit status, and for each number at the end of a name the virus found in it
 */
function scan(options, names, descriptors = []) {
  const fixed = ['--no-summary', '--infected', '--stdout', '--recursive', '--follow-file-symlinks=2']
  const stdio = ['ignore', 'pipe', 'inherit', ...descriptors]
  return new Promise((done, fail) => {
    const child = spawn(process.env.CLAMSCAN ?? 'clamscan', [...options, ...fixed, ...names], { stdio })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (part) => (output += part))
    child.on('error', fail)
    child.on('close', (code) => {
      const lines = output.matchAll(/^[^\0\n]*\/(\d+): (.+) FOUND$/gm)
      done({ code, found: new Map([...lines].map(([, number, virus]) => [Number(number), virus])) })
    })
  })
}

/** @returns the numbers of the files that clamscan finds something in, and its exit status */
async function firstLook(files, options) {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-clamscan-'))
  try {
    for (const [number, name] of files.entries()) await symlink(name, join(folder, String(number)))
    return await scan(options, [folder])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Scans files by their descriptors and reports what is found in these very files. @returns the worst exit status */
async function confirm(names, options, onFailure) {
  const opened = []
  let status = EXIT.received
  try {
    for (const name of names) {
      const file = await openFile(name)
      if (file !== null) opened.push({ name, file })
      else onFailure(`something was found in what cannot be opened any more: ${JSON.stringify(name.toString())}`)
    }
    const paths = opened.map((_, at) => `/dev/fd/${FIRST_DESCRIPTOR + at}`)
    const { found } = await scan(options, paths, opened.map(({ file }) => file.fd))
    for (const [at, { name, file }] of opened.entries()) {
      const virus = found.get(FIRST_DESCRIPTOR + at)
      if (virus === undefined) continue
      status = Math.max(status, await report(findingOf(virus, name, await hashOf(file)), process.env))
    }
  } finally {
    for (const { file } of opened) await file.close()
  }
  return status
}

/** @returns the exit status */
async function main(given) {
  const end = given.indexOf('--')
  const paths = end === -1 ? given : given.slice(0, end)
  const options = end === -1 ? [] : given.slice(end + 1)
  if (paths.length === 0 || paths[0].startsWith('-')) {
    process.stderr.write('usage: clamscan.mjs FOLDER|FILE… [-- OPTION OF CLAMSCAN…]\n')
    return WRONG_USAGE
  }
  let status = EXIT.received
  const fail = (message) => {
    process.stderr.write(`clamscan: ${message}\n`)
    status = NOT_SCANNED
  }
  const files = []
  for (const path of paths) for await (const name of filesBelow(Buffer.from(resolve(path)), fail)) files.push(name)
  if (files.length === 0) return status
  try {
    const { code, found } = await firstLook(files, options)
    if (code !== 0 && code !== 1) fail(`clamscan ended with status ${code}`)
    const infected = [...found.keys()].map((number) => files[number])
    for (let at = 0; at < infected.length; at += BATCH) {
      status = Math.max(status, await confirm(infected.slice(at, at + BATCH), options, fail))
    }
  } catch (error) {
    fail(error.message)
  }
  return status
}

process.exitCode = await main(process.argv.slice(2))
