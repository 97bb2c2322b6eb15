import { Argument, Command, CommanderError } from 'commander'
import { errorMessage } from '../../shared/errors.ts'
import { processSecrets } from '../engine/secrets/env.ts'
import { Redactor } from '../engine/secrets/redact.ts'
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, type CommandContext, type CommandIo } from './io.ts'
import { addNotOffered, refuseNotOffered } from './not-offered.ts'
import { addGlobalOptions, addOptions, given, withPlainFlags, type Given, type OptionName } from './options.ts'
import { version } from './paths.ts'
import { UsageError } from './usage-error.ts'

interface CommandSpec {
  name: string
  alias?: string
  description: string
  options: readonly OptionName[]
  /** Words that must stand behind it. */
  words?: readonly string[]
  /** Whether it says what became of AlertChain's options that Tocsin has not. */
  isOfAlertChain?: boolean
  /** Loaded when it is called: `tocsin version` needs no database. */
  run: () => Promise<(given: Given, io: CommandContext) => Promise<number>>
}

const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'desk',
    description: 'the app: receives alerts and asks you before it acts',
    options: ['data', 'policyDir', 'addr', 'mode', 'host', 'open', 'enablePrint', 'allowHost', 'graphql'],
    run: async () => (await import('./desk.ts')).desk,
  },
  {
    name: 'serve',
    alias: 's',
    description: 'engine and receiver without a window',
    options: ['policyDir', 'addr', 'data', 'desk', 'mode', 'enablePrint', 'allowHost', 'graphql', 'disableAction'],
    isOfAlertChain: true,
    run: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'run',
    alias: 'r',
    description: 'one event through everything; prints the result as JSON',
    options: ['policyDir', 'schema', 'input', 'data', 'mode', 'enablePrint', 'disableAction'],
    run: async () => (await import('./run.ts')).run,
  },
  {
    name: 'play',
    alias: 'p',
    description: 'plays scenarios with mocked actions; writes what the policies did as JSON',
    options: ['policyDir', 'scenario', 'output', 'target', 'imports', 'enablePrint'],
    run: async () => (await import('./play.ts')).play,
  },
  {
    name: 'new',
    description: 'makes a workspace to begin with: policies, scenarios, tests',
    options: ['dir', 'force'],
    run: async () => (await import('./new.ts')).newWorkspace,
  },
  {
    name: 'check',
    description: 'compiles the policies and says what is wrong, with file and line',
    options: ['policyDir', 'data'],
    run: async () => (await import('./policies.ts')).checkPolicies,
  },
  {
    name: 'fmt',
    description: 'formats the policies; prints the names of the files that changed',
    options: ['policyDir', 'data'],
    run: async () => (await import('./policies.ts')).formatPolicies,
  },
  {
    name: 'test',
    description: 'runs the policies’ test_* rules',
    options: ['policyDir', 'data', 'coverage', 'format'],
    run: async () => (await import('./policies.ts')).testPolicies,
  },
  {
    name: 'actions',
    description: 'every action that a policy may ask for: its effect, undo and arguments; as JSON also the schemas',
    options: ['policyDir', 'format'],
    run: async () => (await import('./actions.ts')).listActionsOf,
  },
  {
    name: 'prove',
    description:
      'tries every containing action in fault scenarios, on your policies and against stand-ins: calls nobody',
    options: ['policyDir', 'action', 'proveFormat', 'data'],
    run: async () => (await import('./prove.ts')).proveActions,
  },
  {
    name: 'replay',
    description: 'makes every recorded decision again from its rows and says which differ',
    options: ['data', 'since', 'limit'],
    run: async () => (await import('./replay.ts')).replayDecisions,
  },
  {
    name: 'audit',
    words: ['verify'],
    description: 'verify: makes every record again and compares it with the signed trail',
    options: ['data', 'head'],
    run: async () => (await import('./audit.ts')).verifyAudit,
  },
]

/**
 * Runs one command line.
 * @param args without the program itself
 * @returns the exit status (`interfaces.md` §2)
 */
export async function runProgram(args: readonly string[], rawIo: CommandIo): Promise<number> {
  const io = withoutSecrets(rawIo)
  let status = EXIT_DONE
  const program = buildProgram(io, (code) => (status = code))
  try {
    await program.parseAsync(withPlainFlags(args), { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE
    io.err(`${errorMessage(error)}\n`)
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED
  }
}

function withoutSecrets(io: CommandIo): CommandContext {
  const redactor = new Redactor(processSecrets(io.env))
  return {
    ...io,
    redactor,
    out: (text) => io.out(redactor.text(text)),
    err: (text) => io.err(redactor.text(text)),
  }
}

function buildProgram(io: CommandContext, done: (status: number) => void): Command {
  const program = new Command('tocsin')
    .description('Alerts in, Rego policies decide, nothing that could hurt happens unapproved.')
    .enablePositionalOptions()
    .helpCommand('help [command]', 'says what a command takes')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('"tocsin --help" says what there is.')
    .allowExcessArguments()
    .action(() => {
      const [unknown] = program.args
      if (unknown !== undefined)
        throw new UsageError(`There is no command "${unknown}": "tocsin --help" says what there is.`)
      program.outputHelp()
    })
  addGlobalOptions(program)
  for (const spec of COMMANDS) {
    const command = program.command(spec.name).description(spec.description).allowExcessArguments(false)
    if (spec.alias !== undefined) command.alias(spec.alias)
    if (spec.words) command.addArgument(new Argument('<what>').choices(spec.words))
    addOptions(command, spec.options)
    if (spec.isOfAlertChain === true) addNotOffered(command)
    command.action(async () => {
      if (spec.isOfAlertChain === true) refuseNotOffered(command, io.env)
      done(await (await spec.run())(given(command, spec.options, io.env), io))
    })
  }
  program
    .command('enhance', { hidden: true })
    .alias('e')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new UsageError('Tocsin writes no policies for you: AlertChain’s "enhance ignore" is not offered.')
    })
  const versionCommand = program
    .command('version')
    .alias('v')
    .description('prints the version')
    .allowExcessArguments(false)
    .action(() => io.out(`tocsin ${version()}\n`))
  addOptions(versionCommand, [])
  return program
}
