import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { declaredEntries, type ActionEntry } from '../actions/action-list.ts'
import { isOwnActionFile } from '../actions/own/own-files.ts'
import type { DiskCache } from '../files/disk-cache.ts'
import { compileWithCache } from '../policy/compile-cache.ts'
import { PolicyPool } from '../policy/policy-pool.ts'
import { Toolchain } from '../policy/toolchain/toolchain.ts'
import type { Reference } from '../policy/toolchain/types.ts'
import { metaOf, toPoolVersion, toStored } from '../policy/version-loader.ts'
import { readWorkspace } from '../policy/workspace.ts'
import type { Log } from '../ports/ports.ts'
import type { Handles } from '../secrets/handles.ts'
import { isSchemaName } from '../receiver/schema-name.ts'
import type { LoadedPolicies } from './prove-policy.ts'
import type { SampleEvent } from './world.ts'

/** Where a workspace keeps a sample event of each schema. */
const SAMPLES = 'alert/testdata'
const SAMPLE = 'event.json'

export interface OpenPolicies extends LoadedPolicies {
  /** The actions that the workspace declares itself. */
  declared: ActionEntry[]
  /** The variables that the policies read. */
  reads: readonly Reference[]
  close(): Promise<void>
}

/**
 * Compiles and loads the policies of a folder.
 * @throws TocsinError `policy_invalid`, what reading the folder throws
 */
export async function openPolicies(
  policyDir: string,
  { cache, handles, log }: { cache: DiskCache | null; handles: Handles; log: Log },
): Promise<OpenPolicies> {
  const toolchain = new Toolchain()
  const pool = new PolicyPool({ log, isInline: true })
  const close = async (): Promise<void> => {
    await pool.close()
    await toolchain.close()
  }
  try {
    const stored = toStored(await compileWithCache(toolchain, await readWorkspace(policyDir), cache))
    pool.load(await toPoolVersion(stored, log))
    const { entrypoints, generation, references } = metaOf(stored)
    const live = { id: stored.id, number: 1, form: null, entrypoints, generation, readsRaw: references.readsRaw }
    const declared = declaredEntries(stored.sources.filter(({ path }) => isOwnActionFile(path)))
    return { live, pool, handles, declared, reads: references.env, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @returns the workspace's sample events, by schema */
export async function readSamples(policyDir: string): Promise<SampleEvent[]> {
  const entries = await readdir(join(policyDir, SAMPLES), { withFileTypes: true }).catch(() => [])
  const schemas = entries.filter((entry) => entry.isDirectory() && isSchemaName(entry.name)).map(({ name }) => name)
  const samples = await Promise.all(
    schemas.sort().map(async (schema) => {
      const file = `${SAMPLES}/${schema}/${SAMPLE}`
      const body = await readFile(join(policyDir, file)).catch(() => null)
      return body === null ? [] : [{ schema, body, file }]
    }),
  )
  return samples.flat()
}
