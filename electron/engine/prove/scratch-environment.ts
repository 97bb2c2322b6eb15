import type { Settings } from '../../../shared/model/settings.ts'
import { parseEnvList } from '../secrets/env.ts'

/** Names of variables that say where a service is. */
const ADDRESS = /_(BASE_URL|API_URL|ENDPOINT_URL)$/

export interface ScratchEnvironment {
  /** Addresses of services, and what policies see as it is. No other variable is in it. */
  env: Record<string, string>
  /** Variables that policies see as handles: their values are not read. */
  secretNames: string[]
}

/**
 * The process variables of a scratch desk.
 * @throws TocsinError `bad_env_list`
 */
export function scratchEnvironment(
  given: Readonly<Record<string, string | undefined>>,
  settings: Pick<Settings, 'env.process'>,
): ScratchEnvironment {
  const listed = parseEnvList([...settings['env.process'], ...(given['TOCSIN_ENV'] ?? '').split(',')])
  const there = listed.filter(({ name }) => Object.hasOwn(given, name))
  const plain = there.filter(({ isPlain }) => isPlain).map(({ name }) => name)
  const names = [...Object.keys(given).filter((name) => ADDRESS.test(name)), ...plain]
  const env = Object.fromEntries(names.map((name) => [name, given[name] ?? '']))
  return {
    env: { ...env, TOCSIN_ENV: plain.map((name) => `${name}:plain`).join(',') },
    secretNames: there.filter(({ isPlain }) => !isPlain).map(({ name }) => name),
  }
}
