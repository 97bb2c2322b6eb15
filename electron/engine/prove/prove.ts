import { TocsinError } from '../../../shared/errors.ts'
import type { ProveReport, ProvenAction, ProvenScenario } from '../../../shared/model/prove.ts'
import type { Settings } from '../../../shared/model/settings.ts'
import { ACTION_NAMES } from '../actions/action-names.ts'
import { builtInActions } from '../actions/action-list.ts'
import { thisMachine } from '../limits/own-machine.ts'
import type { DiskCache } from '../files/disk-cache.ts'
import { systemClock, systemIds } from '../ports/system-ports.ts'
import type { Log } from '../ports/ports.ts'
import type { Reference } from '../policy/toolchain/types.ts'
import { Handles } from '../secrets/handles.ts'
import { openPolicies, readSamples } from './load.ts'
import { proveAction } from './prove-action.ts'
import { scratchEnvironment } from './scratch-environment.ts'
import { ScratchSecrets } from './scratch-secrets.ts'
import { watchSockets } from './sockets.ts'
import { survey } from './survey.ts'
import type { ProveWorld } from './world.ts'

export interface ProveOptions {
  version: string
  /** Absolute. */
  policyDir: string
  appDir: string
  /** Only this action, whatever its effect; null: every one that contains. */
  action: string | null
  /** Of the data folder, or the defaults. */
  settings: Settings
  /** As they stand outside the vault's seal. */
  secretNames: readonly string[]
  /** The process variables. */
  env: Readonly<Record<string, string | undefined>>
  cache: DiskCache | null
  log: Log
  /** A folder of the run's own; whoever gives it removes it. */
  folder: string
  /** Ends the run after the action that is under way. */
  signal: AbortSignal
  onProgress: (done: number, of: number, uses: string) => void
}

/**
 * Tries every containing action in every fault scenario, on the policies of a folder, in desks of memory whose network is
 * replaced by stand-ins. Nothing of the analyst's is written and nobody is called.
 * @throws TocsinError `action_not_found`, `policy_invalid`, `cancelled`, what reading the folder throws
 */
export async function prove(options: ProveOptions): Promise<ProveReport> {
  const { policyDir, settings, log, signal, folder } = options
  const only = options.action === null ? null : (ACTION_NAMES[options.action] ?? options.action)
  const startedAt = systemClock.now()
  const actions = builtInActions()
  const { env, secretNames } = scratchEnvironment(options.env, settings)
  const secrets = new ScratchSecrets([...options.secretNames, ...secretNames])
  const sockets = watchSockets()
  try {
    const handles = new Handles(await secrets.handleKey())
    const policies = await openPolicies(policyDir, { cache: options.cache, handles, log })
    try {
      const { declared } = policies
      assertThere(only, [...actions.map(({ definition }) => definition.uses), ...declared.map(({ uses }) => uses)])
      const own = { policies, declared, secrets, env, folder, actions, ids: systemIds }
      const world: ProveWorld = { ...own, settings, machine: thisMachine(), policyDir, appDir: options.appDir, log }
      const found = await survey(world, await readSamples(policyDir), only)
      const proven: ProvenAction[] = []
      for (const [index, one] of found.subjects.entries()) {
        if (signal.aborted) throw new TocsinError('cancelled', 'The run was cancelled.')
        options.onProgress(index, found.subjects.length, one.uses)
        proven.push(await proveAction(world, one))
      }
      const { version } = options
      const times = { startedAt, durationMs: systemClock.now() - startedAt }
      const made = { version, ...times, policyDir, policyVersion: policies.live.id }
      const there = [
        ...Object.keys(settings['env.variables']),
        ...Object.keys(env),
        ...options.secretNames,
        ...secretNames,
      ]
      const notes = [...missingNotes(policies.reads, new Set(there)), ...found.notes]
      return { ...made, counts: countsOf(proven), actions: proven, notes, egress: sockets.seen() }
    } finally {
      await policies.close()
    }
  } finally {
    sockets.stop()
  }
}

function assertThere(only: string | null, names: readonly string[]): void {
  if (only === null || names.includes(only)) return
  throw new TocsinError(
    'action_not_found',
    `There is no action named "${only}": "tocsin actions" lists those there are.`,
  )
}

/** Why what a policy would propose may be missing here. */
function missingNotes(reads: readonly Reference[], there: ReadonlySet<string>): string[] {
  const missing = new Map(reads.filter(({ name }) => !there.has(name)).map((one) => [one.name, one]))
  return [...missing.values()].map(
    ({ name, file, row }) => `${file}:${row}: input.env.${name} is not there, so nothing is proposed by what reads it.`,
  )
}

function countsOf(actions: readonly ProvenAction[]): ProveReport['counts'] {
  const scenarios = actions.flatMap(({ scenarios: all }) => all)
  const count = (verdict: ProvenScenario['verdict']): number =>
    scenarios.filter((one) => one.verdict === verdict).length
  return { pass: count('pass'), violation: count('violation'), not_applicable: count('not_applicable') }
}

/** Whether the run found something that must not be. */
export function hasViolation({ counts, egress }: Pick<ProveReport, 'counts' | 'egress'>): boolean {
  return counts.violation > 0 || egress.length > 0
}
