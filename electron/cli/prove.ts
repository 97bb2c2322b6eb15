import { join } from 'node:path'
import { openCache } from '../engine/files/disk-cache.ts'
import type { Log } from '../engine/ports/ports.ts'
import { proveMarkdown } from '../engine/prove/markdown.ts'
import { hasViolation, prove } from '../engine/prove/prove.ts'
import { makeScratchFolder, removeScratchFolder } from '../engine/prove/scratch-folder.ts'
import { secretNamesIn } from '../engine/secrets/vault.ts'
import { storedSettings } from '../engine/store/setting-store.ts'
import { cacheFolder } from './cache-folder.ts'
import { dataDirOf, policyDirOf } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { APP_DIR, version } from './paths.ts'
import { stopSignal } from './stop-signal.ts'

/** A person who waits longer is told how far it is. */
const PROGRESS_MS = 2000

const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/**
 * `tocsin prove`: every containing action in every fault scenario, on the analyst's policies and against stand-ins. Reads the
 * data folder's settings and the names of its secrets; calls nobody and writes nothing of the analyst's.
 * @returns the exit status: 1 on a violation
 */
export async function proveActions(given: Given, io: CommandIo): Promise<number> {
  const dataDir = dataDirOf(given, io.env, io.cwd)
  const cancel = new AbortController()
  const signal = stopSignal()
  void signal.received.then(() => cancel.abort())
  const folder = makeScratchFolder()
  let toldAt = performance.now()
  try {
    const report = await prove({
      version: version(),
      policyDir: policyDirOf(given, dataDir, io.cwd),
      appDir: APP_DIR,
      action: given.action === undefined ? null : String(given.action),
      settings: storedSettings(dataDir),
      secretNames: secretNamesIn(join(dataDir, 'vault')),
      env: io.env,
      cache: openCache(cacheFolder(io.env)),
      log: QUIET,
      folder,
      signal: cancel.signal,
      onProgress(done, of, uses) {
        if (performance.now() - toldAt < PROGRESS_MS) return
        toldAt = performance.now()
        io.err(`  … ${done} of ${of} actions proved, now ${uses}\n`)
      },
    })
    io.out(given.proveFormat === 'json' ? `${JSON.stringify(report, null, 2)}\n` : proveMarkdown(report))
    return hasViolation(report) ? EXIT_FAILED : EXIT_DONE
  } finally {
    signal.ignore()
    removeScratchFolder(folder)
  }
}
