import { Option, type Command } from 'commander'
import { UsageError } from './usage-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface OptionSpec {
  /** As commander reads it. */
  flags: string
  description: string
  /** `POLICY_DIR` of `TOCSIN_POLICY_DIR`. */
  env: string
  /** Whether AlertChain has it, too: then `ALERTCHAIN_<env>` counts where `TOCSIN_<env>` is not set. */
  isAlertChains: boolean
  kind: 'text' | 'flag' | 'list'
  choices?: readonly string[]
  /** What commander stores it under, where another option of that name means something else elsewhere. */
  stored?: string
  /** Not in `--help`: another form that scripts may use. */
  isHidden?: boolean
}

const text = { kind: 'text', isAlertChains: false } as const

/** Every option of every command, by the name under which commander stores it (or `stored`). */
const OPTIONS = {
  logLevel: {
    ...text,
    flags: '-l, --log-level <level>',
    description: 'what is logged at least',
    env: 'LOG_LEVEL',
    isAlertChains: true,
    choices: ['debug', 'info', 'warn', 'error'],
  },
  logFormat: {
    ...text,
    flags: '-f, --log-format <format>',
    description: 'how the log is written',
    env: 'LOG_FORMAT',
    isAlertChains: true,
    choices: ['console', 'json'],
  },
  logOutput: {
    ...text,
    flags: '-o, --log-output <where>',
    description: '-, stdout, stderr or a file',
    env: 'LOG_OUTPUT',
    isAlertChains: true,
  },
  data: { ...text, flags: '--data <dir>', description: 'the data folder', env: 'DATA' },
  policyDir: {
    ...text,
    flags: '-d, --policy-dir <dir>',
    description: 'the policy folder (default: workspace/ in the data folder)',
    env: 'POLICY_DIR',
    isAlertChains: true,
  },
  addr: {
    ...text,
    flags: '-a, --addr <address>',
    description: 'where the receiver listens, on this machine only (default: the setting, 127.0.0.1:8080)',
    env: 'ADDR',
    isAlertChains: true,
  },
  mode: {
    ...text,
    flags: '--mode <mode>',
    description: 'how much runs without asking (default: the stored setting)',
    env: 'MODE',
    choices: ['off', 'dry-run', 'ask', 'policy'],
  },
  host: {
    ...text,
    flags: '--host <host>',
    description: 'what shows the desk',
    env: 'HOST',
    choices: ['electron', 'browser', 'auto'],
  },
  open: { kind: 'flag', isAlertChains: false, flags: '--no-open', description: 'start no browser', env: 'OPEN' },
  desk: { ...text, flags: '--desk [address]', description: 'also serve the desk for a browser', env: 'DESK' },
  graphql: {
    kind: 'flag',
    flags: '--graphql',
    description: 'answer AlertChain’s GraphQL at /graphql (serve: on, desk: as set)',
    env: 'GRAPHQL',
    isAlertChains: true,
  },
  disableAction: {
    kind: 'flag',
    flags: '--disable-action',
    description: 'AlertChain’s word (until v0.0.20) for --mode dry-run',
    env: 'DISABLE_ACTION',
    isAlertChains: true,
    isHidden: true,
  },
  enablePrint: {
    kind: 'flag',
    flags: '-p, --enable-print',
    description: 'write what policies print to the log',
    env: 'ENABLE_PRINT',
    isAlertChains: true,
  },
  allowHost: {
    kind: 'list',
    isAlertChains: false,
    flags: '--allow-host <name>',
    description: 'a further Host that a tunnel sends (repeatable)',
    env: 'ALLOW_HOST',
  },
  schema: {
    ...text,
    flags: '-s, --schema <name>',
    description: 'the schema of the event',
    env: 'SCHEMA',
    isAlertChains: true,
  },
  input: {
    ...text,
    flags: '-i, --input <file>',
    description: 'the event: a file, or - for standard input',
    env: 'INPUT',
    isAlertChains: true,
  },
  scenario: {
    ...text,
    flags: '-s, --scenario <path>',
    description: 'a folder of scenarios (*.jsonnet), or one file',
    env: 'SCENARIO',
    isAlertChains: true,
  },
  imports: {
    ...text,
    flags: '--imports <dir>',
    description: 'the folder that jsonnet imports stay in (default: that of the scenarios)',
    env: 'IMPORTS',
  },
  output: {
    ...text,
    flags: '-o, --output <dir>',
    description: 'where data.json and result.json are written (default: ./output)',
    env: 'OUTPUT',
    isAlertChains: true,
  },
  target: {
    kind: 'list',
    flags: '-t, --target <id>',
    description: 'play only this scenario (repeatable, or a list with commas)',
    env: 'TARGET',
    isAlertChains: true,
  },
  dir: {
    ...text,
    flags: '-d, --dir <dir>',
    description: 'where the workspace is made (default: here)',
    env: 'DIR',
    isAlertChains: true,
  },
  force: { kind: 'flag', isAlertChains: false, flags: '--force', description: 'overwrite what is there', env: 'FORCE' },
  coverage: {
    kind: 'flag',
    isAlertChains: false,
    flags: '--coverage',
    description: 'say which lines ran',
    env: 'COVERAGE',
  },
  format: {
    ...text,
    flags: '--format <format>',
    description: 'how results are printed',
    env: 'FORMAT',
    choices: ['text', 'json'],
  },
  proveFormat: {
    ...text,
    flags: '--format <format>',
    stored: 'format',
    description: 'how the report is printed',
    env: 'FORMAT',
    choices: ['md', 'json'],
  },
  action: { ...text, flags: '--action <name>', description: 'only this action, whatever its effect', env: 'ACTION' },
  since: {
    ...text,
    flags: '--since <when>',
    description: 'leave out what is older: a date (2026-11-01), or an age (24h, 7d)',
    env: 'SINCE',
  },
  head: {
    ...text,
    flags: '--head <file>',
    description: 'a head of the trail that was exported and kept elsewhere: it must stand in the trail',
    env: 'HEAD',
  },
  limit: { ...text, flags: '--limit <count>', description: 'stop after so many decisions', env: 'LIMIT' },
} as const satisfies Record<string, OptionSpec>

export type OptionName = keyof typeof OPTIONS

/** What was asked for, by the command line or the environment; absent where nobody said anything. */
export type Given = {
  [Name in OptionName]?: (typeof OPTIONS)[Name]['kind'] extends 'list' ? string[] : string | boolean
}

/** Options that may stand before the command as well. `-d` does in AlertChain's README. */
const GLOBAL = ['logLevel', 'logFormat', 'logOutput'] as const
const GLOBAL_HIDDEN = ['policyDir'] as const

/** Adds the options that stand before the command. */
export function addGlobalOptions(program: Command): void {
  for (const name of GLOBAL) program.addOption(option(OPTIONS[name]))
  for (const name of GLOBAL_HIDDEN) program.addOption(option(OPTIONS[name]).hideHelp())
}

/** Adds a command's options, and those that may stand before it as well. */
export function addOptions(command: Command, names: readonly OptionName[]): void {
  for (const name of names) {
    command.addOption(option(OPTIONS[name]))
    if (name === 'graphql') command.addOption(new Option('--no-graphql', 'do not answer it'))
  }
  // A command's own short name wins: `-o` of `play` is its output, that of the log stands before the command.
  const taken = new Set(command.options.map(({ short }) => short))
  for (const name of GLOBAL) command.addOption(option(OPTIONS[name], taken))
}

/**
 * What is asked for: the command's own options, else those before it, else `TOCSIN_*`, else `ALERTCHAIN_*`.
 * @throws UsageError on a value that is none of an option's choices
 */
export function given(command: Command, names: readonly OptionName[], env: Environment): Given {
  const result: Given = {}
  for (const name of new Set([...names, ...GLOBAL])) {
    const spec: OptionSpec = OPTIONS[name]
    const asked = fromCommandLine(command, name)
    const variable = asked === undefined ? variableOf(spec, env) : undefined
    const value = asked ?? fromEnvironment(spec, variable, env)
    if (value === undefined) continue
    if (spec.choices !== undefined && !spec.choices.includes(value as string)) {
      const choices = spec.choices.join(', ')
      throw new UsageError(`${variable ?? longName(spec)} is one of ${choices}, not "${value as string}".`)
    }
    Object.assign(result, { [name]: value }) // of the option's kind: both sources make it so
  }
  return result
}

/** The same options as `TOCSIN_*` variables, for a process that goes on with them. */
export function asEnvironment(options: Given): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [`TOCSIN_${OPTIONS[name as OptionName].env}`, String(value)]), // its own keys
  )
}

function option(spec: OptionSpec, taken: ReadonlySet<string | undefined> = new Set()): Option {
  const [short = ''] = spec.flags.split(', ')
  const made = new Option(taken.has(short) ? spec.flags.slice(short.length + 2) : spec.flags, described(spec))
  if (spec.isHidden) made.hideHelp()
  if (spec.kind === 'list') made.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
  return made
}

function described(spec: OptionSpec): string {
  return spec.choices === undefined ? spec.description : `${spec.description}: ${spec.choices.join(', ')}`
}

function fromCommandLine(command: Command, name: OptionName): unknown {
  const { stored = name }: OptionSpec = OPTIONS[name]
  for (const level of [command, command.parent]) {
    if (level?.getOptionValueSource(stored) === 'cli') return level.getOptionValue(stored) as unknown
  }
  return undefined
}

/** The variable that says something, ours before AlertChain's; an empty one says nothing. */
function variableOf({ env: name, isAlertChains }: OptionSpec, env: Environment): string | undefined {
  return [`TOCSIN_${name}`, ...(isAlertChains ? [`ALERTCHAIN_${name}`] : [])].find((variable) => env[variable])
}

function fromEnvironment(
  spec: OptionSpec,
  variable: string | undefined,
  env: Environment,
): string | boolean | string[] | undefined {
  const value = variable === undefined ? undefined : env[variable]
  if (variable === undefined || value === undefined) return undefined
  switch (spec.kind) {
    case 'text':
      return value
    case 'list':
      return value.split(',').map((item) => item.trim())
    case 'flag':
      return flag(value, variable)
  }
}

/** @throws UsageError which names `what` says neither */
export function flag(value: string, what: string): boolean {
  if (/^(1|t|true|yes|on)$/i.test(value)) return true
  if (/^(0|f|false|no|off)$/i.test(value)) return false
  throw new UsageError(`${what} is true or false, not "${value}".`)
}

const VALUED_FLAG = /^(-p|--(?:enable-print|graphql|playground|disable-action))=(.*)$/

/**
 * AlertChain's flags may have a value: `--graphql=false` means `--no-graphql`, `-p=true` means `-p`.
 * @throws UsageError on a value that is neither true nor false
 */
export function withPlainFlags(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    const [, name, value] = VALUED_FLAG.exec(arg) ?? []
    if (name === undefined || value === undefined) return [arg]
    if (flag(value, name)) return [name]
    return name === '--graphql' ? ['--no-graphql'] : []
  })
}

function longName(spec: OptionSpec): string {
  return /--[\w-]+/.exec(spec.flags)?.[0] ?? spec.flags
}
