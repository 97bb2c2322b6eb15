import { TocsinError } from '../../../shared/errors.ts'
import type { Log, SecretPort } from '../ports/ports.ts'
import { SECRET_NAME, type Handles } from './handles.ts'
import { MIN_SECRET_LENGTH, type Redactor } from './redact.ts'

/** One entry of `TOCSIN_ENV` or of the setting `env.process`: `KEY` (secret) or `KEY:plain`. */
export interface EnvEntry {
  name: string
  isPlain: boolean
}

/** The settings that `input.env` is made of, read anew at each use. */
export interface EnvSettings {
  'env.variables': Record<string, string>
  'env.process': string[]
}

/** `input.env` and what rebuilds it: plain values, and the names of the secrets (their handles follow from the names). */
export interface PolicyEnv {
  env: Record<string, string>
  plain: Record<string, string>
  secretNames: string[]
}

/** A secret at the moment of execution, and where it may go (empty: anywhere). */
export interface RevealedSecret {
  name: string
  value: string
  hosts: string[]
}

export interface EnvironmentParts {
  secrets: SecretPort
  handles: Handles
  redactor: Redactor
  /** The process variables at start. */
  processEnv: Readonly<Record<string, string | undefined>>
  settings: () => EnvSettings
  log: Log
}

/**
 * Reads `KEY,MODE:plain` (or the setting's list of such entries).
 * @throws TocsinError `bad_env_list`
 */
export function parseEnvList(list: string | readonly string[]): EnvEntry[] {
  const items = typeof list === 'string' ? list.split(',') : list
  return items
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const [name = '', mode, ...rest] = item.split(':')
      if (!SECRET_NAME.test(name) || rest.length > 0 || (mode !== undefined && mode !== 'plain')) {
        throw new TocsinError(
          'bad_env_list',
          `"${item}" is no entry of TOCSIN_ENV: write NAME (a secret) or NAME:plain.`,
        )
      }
      return { name, isPlain: mode === 'plain' }
    })
}

/**
 * The values of the process variables that `TOCSIN_ENV` names as secrets: what no output may show, from the start on.
 * A list that cannot be read names none; whoever starts an engine says so.
 */
export function processSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  try {
    const secrets = parseEnvList(env['TOCSIN_ENV'] ?? '').filter(({ isPlain }) => !isPlain)
    return secrets.map(({ name }) => env[name] ?? '')
  } catch {
    return []
  }
}

/**
 * What policies see as `input.env` (`design.md` §4): the workspace's variables, the vault's secrets, and the process
 * variables that the allow-list names. Of the same name, the process's wins over a secret, a secret over a variable.
 */
export class Environment {
  readonly #parts: EnvironmentParts
  readonly #warned = new Set<string>()

  constructor(parts: EnvironmentParts) {
    this.#parts = parts
  }

  /** For every policy but authz: secrets as handles. */
  async forPolicies(): Promise<PolicyEnv> {
    const plain: Record<string, string> = { ...this.#parts.settings()['env.variables'] }
    const secretNames = new Set<string>()
    for (const { name } of await this.#parts.secrets.list()) secretNames.add(name)
    for (const { name, isPlain } of this.#allowed()) {
      const value = this.#parts.processEnv[name]
      if (value === undefined) continue
      if (isPlain) {
        plain[name] = value
        secretNames.delete(name)
      } else if (this.#isLongEnough(name, value)) secretNames.add(name)
    }
    for (const name of secretNames) delete plain[name]
    return this.rebuild(plain, [...secretNames].sort())
  }

  /** `input.env` again from what a decision recorded. */
  rebuild(plain: Record<string, string>, secretNames: string[]): PolicyEnv {
    const env = { ...plain }
    for (const name of secretNames) env[name] = this.#parts.handles.make(name)
    return { env, plain, secretNames }
  }

  /** For `authz` only: real values, which are never recorded; a secret that cannot be read is left out. */
  async forAuthz(): Promise<Record<string, string>> {
    const { plain, secretNames } = await this.forPolicies()
    const env = { ...plain }
    for (const name of secretNames) {
      try {
        env[name] = (await this.reveal(name)).value
      } catch (error) {
        this.#warnOnce(name, `The secret ${name} is not in authz's input: it cannot be read here.`, error)
      }
    }
    return env
  }

  /**
   * The value of one secret, for one attempt. From now on it is redacted wherever it appears.
   * @throws TocsinError `secret_missing`, `secret_not_readable`
   */
  async reveal(name: string): Promise<RevealedSecret> {
    const secret = this.#ofProcess(name) ?? (await this.#ofVault(name))
    this.#parts.redactor.add(secret.value)
    return secret
  }

  #ofProcess(name: string): RevealedSecret | null {
    const entry = this.#allowed().find((allowed) => allowed.name === name && !allowed.isPlain)
    const value = this.#parts.processEnv[name]
    if (entry === undefined || value === undefined || !this.#isLongEnough(name, value)) return null
    return { name, value, hosts: [] }
  }

  async #ofVault(name: string): Promise<RevealedSecret> {
    const { secrets } = this.#parts
    const value = await secrets.reveal(name)
    const hosts = (await secrets.list()).find((info) => info.name === name)?.hosts ?? []
    return { name, value, hosts }
  }

  #allowed(): EnvEntry[] {
    return parseEnvList([
      ...this.#parts.settings()['env.process'],
      ...(this.#parts.processEnv.TOCSIN_ENV ?? '').split(','),
    ])
  }

  #isLongEnough(name: string, value: string): boolean {
    if (value.length >= MIN_SECRET_LENGTH) return true
    this.#warnOnce(
      name,
      `${name} is not in input.env: a secret has at least ${MIN_SECRET_LENGTH} characters (say ${name}:plain if it is none).`,
    )
    return false
  }

  #warnOnce(name: string, message: string, error?: unknown): void {
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.#parts.log.warn(message, { secret: name, ...(error instanceof TocsinError ? { code: error.code } : {}) })
  }
}
