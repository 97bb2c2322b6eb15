import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import { ACTION_NAMES } from '../actions/action-names.ts'
import type { DiskCache } from '../files/disk-cache.ts'
import { compileWithCache } from '../policy/compile-cache.ts'
import { dataText } from '../policy/data-files.ts'
import { PrintingPool, type TellPrint } from '../policy/policy-prints.ts'
import { PolicyPool } from '../policy/policy-pool.ts'
import { Toolchain, type DiagnosticDetails } from '../policy/toolchain/toolchain.ts'
import { metaOf, toPoolVersion, toStored } from '../policy/version-loader.ts'
import { readWorkspace } from '../policy/workspace.ts'
import type { Clock, Ids, Log } from '../ports/ports.ts'
import type { ActionNames } from './mocked-actions.ts'
import type { LoadedPolicy } from './play-policy.ts'
import { formOfPolicies } from './record-form.ts'
import { readScenarios, scenarioError, type Scenario } from './scenario.ts'
import { ScenarioFolder } from './scenario-folder.ts'
import { openPlayStore, ScenarioPlayer, type PlayFailure, type Played, type PlayerParts } from './scenario-player.ts'
import { ScenarioTexts } from './scenario-texts.ts'

/** What is asked in one turn is evaluated together, and committed together. */
const AT_ONCE = 64
/** Scenarios that share a store, and the text that they may be made of: a chain keeps its event once per round. */
const MAX_GROUP = 256
const MAX_GROUP_CHARACTERS = 16 * 1024 * 1024

export interface PlayOptions<Kept> {
  /** Absolute. */
  policyDir: string
  /** A folder of scenarios, or one file; absolute. */
  scenarios: string
  /** The folder that their imports stay in; absolute. Null: that of the scenarios. */
  importable: string | null
  /** Ids to play; empty: all. */
  targets: readonly string[]
  /** What `uses` may name; the real actions where it is absent. */
  actionNames?: ActionNames
  /** `input.env` of scenarios that have none. */
  env: () => Promise<Record<string, string>>
  cache: DiskCache | null
  /** Told what policies print; null: nobody asks. */
  tellPrint: TellPrint | null
  clock: Clock
  ids: Ids
  log: Log
  /** Takes each scenario as it ends, in any order; what it returns is all that is kept of it. */
  onPlayed: (outcome: Outcome) => Kept | Promise<Kept>
  /** Told what is under way: the policies are compiled, so many scenarios are read, so many played. */
  onProgress: (what: 'compile' | 'read' | 'play', done: number, of: number) => void
}

/** What became of one scenario. */
export type Outcome =
  | { kind: 'played'; scenario: Scenario; played: Played }
  /** It could not be set up; `id` is '' where the file did not tell one. */
  | { kind: 'refused'; id: string; file: string; failure: PlayFailure }

type Needs = Omit<PlayOptions<unknown>, 'onPlayed'>

/**
 * Plays scenarios against the policies of a folder, all with one compiled version and one policy thread.
 * @returns what `onPlayed` returned, in the order of the files
 * @throws TocsinError `scenario_unreadable`, `scenario_missing`, `scenario_outside`, `target_missing`, `policy_invalid`, what reading the
 *   policy folder throws
 */
export async function play<Kept>(options: PlayOptions<Kept>): Promise<Kept[]> {
  const toolchain = new Toolchain()
  const { log, tellPrint: tell } = options
  const inline = { log, isInline: true }
  const pool = tell === null ? new PolicyPool(inline) : new PrintingPool({ ...inline, toolchain, tell })
  pool.warm()
  try {
    // The policies first: a second copy of the tool chain's thread would cost more than it saves.
    options.onProgress('compile', 0, 1)
    const policy = await loadPolicy(options, toolchain, pool)
    const wanted = await loadScenarios(options, toolchain)
    const parts = {
      ...options,
      policy,
      actionNames: options.actionNames ?? { ...ACTION_NAMES, ...policy.ownNames },
    }
    return await playAll(wanted, parts, options)
  } finally {
    await pool.close()
    await toolchain.close()
  }
}

type Wanted = Scenario | Extract<Outcome, { kind: 'refused' }>

/** Plays group by group, each with a store of its own: memory stays flat however many there are. */
async function playAll<Kept>(
  wanted: readonly Wanted[],
  parts: PlayerParts,
  { onPlayed, onProgress }: Pick<PlayOptions<Kept>, 'onPlayed' | 'onProgress'>,
): Promise<Kept[]> {
  const kept: Kept[] = []
  let done = 0
  for (const group of groupsOf(wanted)) {
    const shared = await openPlayStore(parts)
    const results: Kept[] = []
    let next = 0
    const work = async (): Promise<void> => {
      const player = new ScenarioPlayer(parts, shared)
      for (let index = next++; index < group.length; index = next++) {
        const one = group[index] as Wanted // the index is below the length
        const outcome = isScenario(one) ? await playOne(one, player) : one
        results[index] = await onPlayed(outcome)
        done += 1
        onProgress('play', done, wanted.length)
      }
      await player.stop()
    }
    const works = Array.from({ length: Math.min(AT_ONCE, group.length) }, () =>
      work().catch((error: unknown) => {
        next = group.length // nobody begins another one; what is under way ends as it would
        throw error
      }),
    )
    const ended = await Promise.allSettled(works)
    await shared.store.close()
    for (const end of ended) if (end.status === 'rejected') throw end.reason
    kept.push(...results)
  }
  return kept
}

function groupsOf(wanted: readonly Wanted[]): Wanted[][] {
  const groups: Wanted[][] = []
  let room = 0
  for (const one of wanted) {
    const weight = isScenario(one) ? one.weight : 0
    if (groups.length === 0 || room < weight || groups.at(-1)?.length === MAX_GROUP) {
      groups.push([])
      room = MAX_GROUP_CHARACTERS
    }
    groups.at(-1)?.push(one)
    room -= weight
  }
  return groups
}

async function playOne(scenario: Scenario, player: ScenarioPlayer): Promise<Outcome> {
  try {
    return { kind: 'played', scenario, played: await player.play(scenario) }
  } catch (error) {
    return refusal(scenario.file, error, scenario.id)
  }
}

async function loadPolicy(options: Needs, toolchain: Toolchain, pool: PolicyPool): Promise<LoadedPolicy> {
  const compiled = await compileWithCache(toolchain, await readWorkspace(options.policyDir), options.cache)
  const stored = toStored(compiled)
  pool.load(await toPoolVersion(stored, options.log))
  const meta = metaOf(stored)
  const { entrypoints, generation, references } = meta
  return {
    live: { id: stored.id, number: 1, form: null, entrypoints, generation, readsRaw: references.readsRaw },
    form: formOfPolicies(meta, stored.sources),
    sources: stored.sources,
    ownNames: Object.fromEntries(meta.ownActions.map(({ name }) => [name, name])),
    data: dataText(stored.dataFiles),
    pool,
    toolchain,
  }
}

/** The scenarios that are asked for, and in place of those that cannot be read why. */
async function loadScenarios(options: Needs, toolchain: Toolchain): Promise<Wanted[]> {
  const folder = new ScenarioFolder(options.scenarios, options.importable)
  const texts = new ScenarioTexts(folder, toolchain, options.cache, options.scenarios)
  const found: Wanted[] = []
  for (const [index, file] of folder.files.entries()) {
    options.onProgress('read', index, folder.files.length)
    try {
      found.push(...readScenarios(file, await texts.json(file), folder.read(file)))
    } catch (error) {
      found.push(refusal(file, error))
    }
  }
  texts.save()
  return chosen(withoutDuplicates(found), options.targets)
}

function withoutDuplicates(found: readonly Wanted[]): Wanted[] {
  const files = Map.groupBy(found.filter(isScenario), ({ id }) => id)
  return found.map((one) => {
    const same = isScenario(one) ? (files.get(one.id) ?? []) : []
    if (!isScenario(one) || same.length <= 1) return one
    const names = same.map(({ file }) => file).join(', ')
    const message = `the id ${JSON.stringify(one.id)} stands in more than one scenario: ${names}`
    return refusal(one.file, scenarioError({ code: 'scenario_duplicate', message, file: one.file }), one.id)
  })
}

/** @throws TocsinError `target_missing`; AlertChain plays nothing then and says nothing */
function chosen(wanted: readonly Wanted[], targets: readonly string[]): Wanted[] {
  if (targets.length === 0) return [...wanted]
  const known = new Set(wanted.map(({ id }) => id))
  const missing = targets.filter((target) => !known.has(target))
  if (missing.length > 0) {
    const [names, all] = [missing, [...known].filter((id) => id !== '')].map((ids) => ids.join(', '))
    throw new TocsinError('target_missing', `No scenario has the id that --target names: ${names}. There are: ${all}.`)
  }
  // A file that could not be read may be the one that was meant.
  return wanted.filter(({ id }) => id === '' || targets.includes(id))
}

function isScenario(one: Wanted): one is Scenario {
  return !('kind' in one)
}

function refusal(file: string, error: unknown, id = ''): Extract<Outcome, { kind: 'refused' }> {
  const { diagnostics } = ((error instanceof TocsinError ? error.details : null) ?? {}) as Partial<DiagnosticDetails> // theirs have it
  const place = diagnostics?.[0]
  const failure = {
    code: errorCode(error),
    message: errorMessage(error),
    file: place?.file,
    row: place?.row,
    values: {},
    policy: null,
  }
  return { kind: 'refused', id, file, failure }
}
