import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errorMessage, TocsinError } from '../../shared/errors.ts'
import type { ResponseMode } from '../../shared/model/states.ts'
import { checkServiceUrl, SERVICE_NAMES } from '../engine/actions/service-url.ts'
import type { EngineConfig } from '../engine/ports/config.ts'
import { NetAllow } from '../engine/http/net-allow.ts'
import type { LogConfig } from '../engine/log/log.ts'
import { parseTopics } from '../engine/receiver/sns-topics.ts'
import { parseSeconds, REPORT_VARIABLES } from '../engine/report/report-times.ts'
import { parseEnvList } from '../engine/secrets/env.ts'
import { cacheFolder } from './cache-folder.ts'
import type { Given } from './options.ts'
import { APP_DIR, defaultDataDir, STARTER_DIR, version } from './paths.ts'
import { UsageError } from './usage-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Loopback only: nothing else is a place where the receiver could listen (`interfaces.md` §2). */
const LOOPBACK_ADDRESS = /^(127\.0\.0\.1|localhost):(\d{1,5})$/
const MAX_PORT = 65_535

/** Weeks of an ordinary desk; four older files are kept beside it. */
const LOG_FILE_BYTES = 8 * 1024 * 1024

/** What the commands that start an engine share. */
export interface EngineCommand {
  command: 'desk' | 'serve' | 'run'
  given: Given
  env: Environment
  cwd: string
}

/**
 * The engine's configuration of one command.
 * @throws UsageError when the address is not on this machine, or `TOCSIN_ENV`, `TOCSIN_NET_ALLOW`, `TOCSIN_SNS_TOPICS` or the
 *   address of a service cannot be read
 */
export function engineConfig({ command, given, env, cwd }: EngineCommand): EngineConfig {
  checkVariables(env)
  const dataDir = command === 'run' && given.data === undefined ? null : dataDirOf(given, env, cwd)
  const policyDir = policyDirOf(given, dataDir ?? dataDirOf(given, env, cwd), cwd)
  return {
    version: version(),
    command,
    host: given.host === 'electron' ? 'electron' : 'browser',
    dataDir,
    cacheDir: dataDir === null ? cacheFolder(env) : null,
    policyDir,
    appDir: APP_DIR,
    starterDir: given.policyDir === undefined && dataDir !== null ? STARTER_DIR : null,
    address: given.addr === undefined ? null : loopbackAddress(String(given.addr), '--addr'),
    hasReceiver: command !== 'run',
    mode: modeOf(given),
    defaultMode: command === 'desk' ? 'ask' : 'policy',
    allowHosts: given.allowHost ?? [],
    graphql: typeof given.graphql === 'boolean' ? given.graphql : null,
    isPrintEnabled: given.enablePrint === true,
    log: logConfig(given, env, command === 'desk' ? dataDir : null),
    env: definedOnly(env),
  }
}

/** Whoever disabled actions in AlertChain gets none, whatever else is asked for. */
function modeOf({ mode, disableAction }: Given): ResponseMode | null {
  if (disableAction === true && mode !== 'off') return 'dry-run'
  return mode === undefined ? null : (mode as ResponseMode) // one of the option's choices
}

/** All are read at each use: what is wrong in them must not wait for the first chain or message to say so. */
function checkVariables(env: Environment): void {
  const check = (name: string, read: (text: string) => unknown): void => {
    const text = env[name]
    if (!text) return
    try {
      read(text)
    } catch (error) {
      const message = errorMessage(error)
      throw new UsageError(message.includes(name) ? message : `${name}: ${message}`)
    }
  }
  check('TOCSIN_ENV', parseEnvList)
  check('TOCSIN_NET_ALLOW', (text) => new NetAllow(text.split(',')))
  check('TOCSIN_SNS_TOPICS', parseTopics)
  for (const name of REPORT_VARIABLES) check(name, parseSeconds)
  for (const name of SERVICE_NAMES) check(name, (text) => checkServiceUrl(name, text))
}

/** `--data`, else the platform's place; absolute. */
export function dataDirOf(given: Given, env: Environment, cwd: string): string {
  return resolve(cwd, given.data === undefined ? defaultDataDir(process.platform, env) : String(given.data))
}

/** `-d`, else `workspace/` in the data folder; absolute. */
export function policyDirOf(given: Given, dataDir: string, cwd: string): string {
  return given.policyDir === undefined ? join(dataDir, 'workspace') : resolve(cwd, String(given.policyDir))
}

/** @param dataDir whose `logs/` takes the log when nobody said where it goes; null: standard error does */
export function logConfig(given: Given, env: Environment, dataDir: string | null): LogConfig {
  const isOwnFile = given.logOutput === undefined && dataDir !== null
  const output = isOwnFile ? join(dataDir, 'logs', 'tocsin.log') : String(given.logOutput ?? 'stderr')
  // As AlertChain decides it (`behaviour/alertchain.md` §1).
  const format = given.logFormat ?? (/color|xterm/.test(env['TERM'] ?? '') ? 'console' : 'json')
  return {
    level: (given.logLevel ?? 'info') as LogConfig['level'], // one of the option's choices
    format: format as LogConfig['format'],
    output: output === '-' ? 'stdout' : output,
    // A file that somebody named is theirs to rotate.
    ...(isOwnFile ? { rotateBytes: LOG_FILE_BYTES } : {}),
  }
}

/**
 * Checks an address of this machine; port 0 asks for a free one.
 * @throws UsageError
 */
export function loopbackAddress(address: string, option: string): string {
  const port = Number(LOOPBACK_ADDRESS.exec(address)?.[2] ?? Number.NaN)
  if (port <= MAX_PORT) return address
  throw new UsageError(
    `${option} must be on this machine: 127.0.0.1:<port>, not "${address}". What comes from elsewhere comes through a tunnel or proxy: see docs/FORWARDING.md and --allow-host.`,
  )
}

/**
 * Makes the data folder and what is written into before the store opens.
 * @throws TocsinError `store_unreadable`
 */
export function makeDataFolder(dataDir: string): void {
  try {
    mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unusableFolder(dataDir, error)
  }
}

/** @returns what the file system said of a file in the data folder, as a sentence that says what to do */
export function unusableFolder(dataDir: string, error: unknown): TocsinError {
  return new TocsinError(
    'store_unreadable',
    `The data folder ${dataDir} cannot be used: ${errorMessage(error)}. Choose another one with --data.`,
    { cause: error },
  )
}

function definedOnly(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
