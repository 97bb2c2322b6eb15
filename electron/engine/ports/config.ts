import type { ResponseMode } from '../../../shared/model/states.ts'
import type { LogConfig } from '../log/log.ts'

/** All that an engine is told from outside. Plain data: it travels to the engine thread as `workerData`. */
export interface EngineConfig {
  version: string
  /** What was called: the first line of the log says it, and `desk` keeps its log's files free of a line per request. */
  command: 'desk' | 'serve' | 'run' | 'play'
  /** Which host shows the desk. */
  host: 'electron' | 'browser'
  /** Absolute; null means a database in memory, which ends with the engine. */
  dataDir: string | null
  /** Where compiled policies are kept when there is no data folder; null: nowhere. */
  cacheDir: string | null
  /** Absolute path of the policy folder. */
  policyDir: string
  /** Where the app itself is installed: nothing there is ever quarantined. */
  appDir: string
  /** What an empty default workspace is filled from; null where the folder was named by hand. */
  starterDir: string | null
  /** `127.0.0.1:8080`, from the command line or the environment; null takes the setting. */
  address: string | null
  /** Without a receiver (`run`) events come by `Engine.submit`. */
  hasReceiver: boolean
  /** From the command line; null takes the stored setting, which starts as `defaultMode`. */
  mode: ResponseMode | null
  defaultMode: ResponseMode
  /** Further names that a tunnel's `Host` header may carry (`--allow-host`). */
  allowHosts: string[]
  /** Whether GraphQL answers, from the command line; null takes the stored setting, which starts as on but in the desk. */
  graphql: boolean | null
  /** Whether `print()` of policies is written to the log. */
  isPrintEnabled: boolean
  log: LogConfig
  /** The process variables at start: services' addresses, proxies, `TOCSIN_ENV` and what it names. */
  env: Record<string, string>
}
