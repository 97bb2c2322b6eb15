import { resolve } from 'node:path'
import { errorMessage } from '../../shared/errors.ts'
import type { JsonValue } from '../../shared/model/json.ts'
import { openCache } from '../engine/files/disk-cache.ts'
import { openLog, type OpenLog } from '../engine/log/log.ts'
import { NoSecrets } from '../engine/secrets/memory-secrets.ts'
import { holdsLiveData } from '../engine/policy/workspace.ts'
import type { PolicyPrint } from '../engine/policy/policy-prints.ts'
import { play as playScenarios, type Outcome } from '../engine/play/play.ts'
import { PlayOutput, type ResultEntry } from '../engine/play/play-output.ts'
import type { Log } from '../engine/ports/ports.ts'
import { Environment, parseEnvList } from '../engine/secrets/env.ts'
import { Handles } from '../engine/secrets/handles.ts'
import { REDACTED, Redactor } from '../engine/secrets/redact.ts'
import { systemClock, systemIds } from '../engine/ports/system-ports.ts'
import { cacheFolder } from './cache-folder.ts'
import { dataDirOf, logConfig, policyDirOf } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { UsageError } from './usage-error.ts'

/** As AlertChain names it. */
const DEFAULT_OUTPUT = './output'

/** A person who waits longer is told how far it is. */
const PROGRESS_MS = 2000

const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** `tocsin play`: scenarios with mocked actions, recorded as JSON. @returns the exit status: 1 when one failed */
export async function play(given: Given, io: CommandIo): Promise<number> {
  if (typeof given.scenario !== 'string')
    throw new UsageError('--scenario is missing: a folder of scenarios, or one file.')
  const redactor = new Redactor()
  const log = openLog(logConfig({ logLevel: 'warn', ...given }, io.env, null), (line) => redactor.text(line))
  try {
    return await playAndWrite(given, io, { scenario: given.scenario, redactor, log })
  } finally {
    log.close()
  }
}

async function playAndWrite(
  given: Given,
  io: CommandIo,
  { scenario, redactor, log }: { scenario: string; redactor: Redactor; log: OpenLog },
): Promise<number> {
  const surroundings = await surroundingsOf(io, redactor, log)
  const shown = String(given.output ?? DEFAULT_OUTPUT)
  const folder = resolve(io.cwd, shown)
  const policyDir = policyDirOf(given, dataDirOf(given, io.env, io.cwd), io.cwd)
  if (holdsLiveData(policyDir, folder))
    io.err(`${shown} is in the policy folder: the output becomes data of live policies. Write to play/output there.\n`)
  const output = new PlayOutput({ folder, shown, newId: () => systemIds.uuid(), redact: surroundings.redact })
  await output.open()
  const progress = new Progress(io)
  const startedAt = systemClock.now()
  let entries: ResultEntry[]
  try {
    entries = await playScenarios({
      policyDir,
      scenarios: resolve(io.cwd, scenario),
      importable: given.imports === undefined ? null : resolve(io.cwd, String(given.imports)),
      targets: (given.target ?? [])
        .flatMap((list) => list.split(','))
        .map((id) => id.trim())
        .filter((id) => id !== ''),
      env: surroundings.env,
      cache: openCache(cacheFolder(io.env)),
      tellPrint: given.enablePrint === true ? (print) => io.err(`\t${printed(print)}\n`) : null,
      clock: systemClock,
      ids: systemIds,
      // A failure is told as the scenario's own; the engine's word on it is for those who ask.
      log: given.logLevel === undefined ? QUIET : log,
      onPlayed: (outcome) => {
        report(outcome, (line) => io.err(surroundings.redact(line) as string)) // text stays text
        return output.write(outcome)
      },
      onProgress: (what, done, of) => progress.tell(what, done, of),
    }).finally(() => progress.end())
    await output.finish(startedAt, systemClock.now(), entries)
  } finally {
    await output.close()
  }
  const failed = entries.filter(({ success }) => !success).length
  io.err(`${entries.length - failed} played, ${failed} failed: ${shown}\n`)
  return failed === 0 ? EXIT_DONE : EXIT_FAILED
}

/** What policies see of this process where a scenario has no `env`, and what takes it out of the output again. */
async function surroundingsOf(
  io: CommandIo,
  redactor: Redactor,
  log: OpenLog,
): Promise<{ env: () => Promise<Record<string, string>>; redact: (value: JsonValue) => JsonValue }> {
  try {
    parseEnvList(io.env['TOCSIN_ENV'] ?? '')
  } catch (error) {
    throw new UsageError(errorMessage(error))
  }
  const secrets = new NoSecrets()
  const handles = new Handles(await secrets.handleKey())
  const settings = () => ({ 'env.variables': {}, 'env.process': [] })
  const environment = new Environment({ secrets, handles, redactor, processEnv: io.env, settings, log })
  const { env, secretNames } = await environment.forPolicies()
  for (const name of secretNames) await environment.reveal(name) // so that the redactor knows their values
  return {
    env: () => Promise.resolve(env),
    redact: (value) => redactor.json(handles.replace(value, () => REDACTED)),
  }
}

/** As AlertChain's `play` shows it. */
function printed({ file, row, message }: PolicyPrint): string {
  return file === undefined ? message : `${file}:${row ?? 1}: ${message}`
}

function report(outcome: Outcome, tell: (line: string) => void): void {
  const isPlayed = outcome.kind === 'played'
  const id = isPlayed ? outcome.scenario.id : outcome.id
  const name = id === '' ? '' : `${id}: `
  if (isPlayed) for (const note of outcome.played.notes) tell(`note: ${name}${note}\n`)
  const failure = isPlayed ? outcome.played.failure : outcome.failure
  if (failure !== null) tell(`FAIL ${name}${failure.message}\n`)
}

const STEPS = { compile: 'compiling the policies', read: 'scenarios read', play: 'scenarios played' }

/** Says what takes so long, every two seconds. */
class Progress {
  readonly #timer: NodeJS.Timeout
  #line = ''

  constructor(io: CommandIo) {
    this.#timer = setInterval(() => io.err(`  … ${this.#line}\n`), PROGRESS_MS).unref()
  }

  tell(what: keyof typeof STEPS, done: number, of: number): void {
    this.#line = what === 'compile' ? STEPS[what] : `${done} of ${of} ${STEPS[what]}`
  }

  end(): void {
    clearInterval(this.#timer)
  }
}
