import type { Settings } from '../../../shared/model/settings.ts'
import { parseEnvList } from '../secrets/env.ts'

/** Names of variables that say where a service is. */
const ADDRESS = /_(BASE_URL|API_URL|ENDPOINT_URL)$/

/** What stands for the value of a process variable that policies see as a handle. */
const STAND_IN = 'stand-in-of-a-process-variable'

/**
 * The process variables of a scratch desk: addresses of services, and those that the allow-list names, whose values are
 * replaced where they are secrets. No other variable is in it.
 */
export function scratchEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  settings: Pick<Settings, 'env.process'>,
): Record<string, string> {
  const list = env['TOCSIN_ENV'] ?? ''
  const allowed = parseEnvList([...settings['env.process'], ...list.split(',')])
  const scratch: Record<string, string> = { TOCSIN_ENV: list }
  for (const [name, value] of Object.entries(env)) if (ADDRESS.test(name) && value !== undefined) scratch[name] = value
  for (const { name, isPlain } of allowed) {
    const value = env[name]
    if (value !== undefined) scratch[name] = isPlain ? value : `${STAND_IN}-${name}`
  }
  return scratch
}
