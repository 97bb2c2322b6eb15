import { Option, type Command } from 'commander'
import { flag } from './options.ts'
import { UsageError } from './usage-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface NotOffered {
  flags: string
  /** `SENTRY_DSN` of `ALERTCHAIN_SENTRY_DSN`. */
  env: string
  /** The values that ask for nothing that Tocsin has not. */
  isFine: (value: string, what: string) => boolean
  /** What Tocsin does instead, as a sentence. */
  instead: string
}

const never = (): boolean => false
const FIRESTORE =
  'Tocsin keeps everything in its data folder (--data), which outlives the process; there is no Firestore.'
const SENTRY = 'Tocsin sends its errors nowhere: they are in the log (-o FILE) and under Problems in the desk.'

/** Options of AlertChain's `serve` that are not Tocsin's. To ignore them silently would lose what somebody relies on. */
const NOT_OFFERED: readonly NotOffered[] = [
  {
    flags: '--playground',
    env: 'PLAYGROUND',
    isFine: (value, what) => !flag(value, what),
    instead: 'There is no GraphiQL page: point a GraphQL client of yours at /graphql.',
  },
  { flags: '-t, --db-type <type>', env: 'DB_TYPE', isFine: (value) => value === 'memory', instead: FIRESTORE },
  { flags: '--firestore-project-id <id>', env: 'FIRESTORE_PROJECT_ID', isFine: never, instead: FIRESTORE },
  { flags: '--firestore-database-id <id>', env: 'FIRESTORE_DATABASE_ID', isFine: never, instead: FIRESTORE },
  { flags: '--sentry-dsn <dsn>', env: 'SENTRY_DSN', isFine: never, instead: SENTRY },
  // Names a place for reports that are not sent: without a DSN it means nothing, in AlertChain as well.
  { flags: '--sentry-env <name>', env: 'SENTRY_ENV', isFine: () => true, instead: SENTRY },
]

/** Lets a command take AlertChain's options that it does not have, so that `refuseNotOffered` can say what to do. */
export function addNotOffered(command: Command): void {
  for (const { flags } of NOT_OFFERED) command.addOption(new Option(flags).hideHelp())
}

/**
 * Looks at the command line and `ALERTCHAIN_*`.
 * @throws UsageError which says what Tocsin does instead
 */
export function refuseNotOffered(command: Command, env: Environment): void {
  for (const { flags, env: name, isFine, instead } of NOT_OFFERED) {
    const option = new Option(flags)
    const variable = `ALERTCHAIN_${name}`
    const given = command.getOptionValue(option.attributeName()) as string | true | undefined // as its flags say
    const value = given === undefined ? env[variable] : String(given)
    const what = given === undefined ? variable : (option.long ?? flags)
    if (value && !isFine(value, what)) throw new UsageError(`${what} is not offered. ${instead}`)
  }
}
