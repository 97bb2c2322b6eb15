import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errorMessage, TocsinError } from '../../shared/errors.ts'
import type { EngineConfig } from '../engine/ports/config.ts'
import { Engine } from '../engine/engine.ts'
import type { Delivery } from '../engine/intake/delivery.ts'
import { NoSecrets } from '../engine/secrets/memory-secrets.ts'
import type { SecretPort } from '../engine/ports/ports.ts'
import { isSchemaName } from '../engine/receiver/schema-name.ts'
import { openKeyFileCipher } from '../engine/secrets/key-file-cipher.ts'
import { Vault } from '../engine/secrets/vault.ts'
import { systemClock } from '../engine/ports/system-ports.ts'
import { engineConfig, makeDataFolder } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandContext, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { noPolicy } from './no-policy.ts'
import { hasFailed, runResult } from './run-result.ts'
import { UsageError } from './usage-error.ts'

/** Nobody looks at a target after this command: what a service does by then is in its answer. */
const CONFIRM_WITHIN_MS = 120_000

/** `tocsin run`: one event through everything, the result as JSON on stdout. @returns the exit status */
export async function run(given: Given, io: CommandContext): Promise<number> {
  const delivery = await deliveryOf(given, io)
  const config = engineConfig({ command: 'run', given, env: io.env, cwd: io.cwd })
  const engine = new Engine(config, { secrets: openSecrets(config, io) })
  const { failure, isPolicyLive, policyProblem } = await engine.start()
  try {
    if (failure !== null) throw new TocsinError(failure.code, failure.message)
    if (!isPolicyLive) throw new TocsinError('policy_unavailable', noPolicy(config.policyDir, policyProblem ?? []))
    const { intake, chains } = engine.services()
    const answer = await intake.receive(delivery)
    if (answer.kind === 'refused') throw new TocsinError(answer.code, answer.message)
    await chains.whenConfirmed(CONFIRM_WITHIN_MS)
    const result = await runResult(engine.services(), answer)
    io.out(`${JSON.stringify(io.redactor.json({ ...result }), null, 2)}\n`)
    return hasFailed(result) ? EXIT_FAILED : EXIT_DONE
  } finally {
    await engine.stop()
  }
}

async function deliveryOf(given: Given, io: CommandIo): Promise<Delivery> {
  const { schema, input } = given
  if (typeof schema !== 'string') throw new UsageError('--schema is missing: it names the alert policy.')
  if (!isSchemaName(schema)) throw new UsageError(`--schema "${schema}" is no name of a schema.`)
  if (typeof input !== 'string') throw new UsageError('--input is missing: a file, or - for standard input.')
  return {
    schema,
    route: 'command',
    body: input === '-' ? await io.stdin() : await readInput(resolve(io.cwd, input)),
    sourceId: '',
    deliveryId: null,
    remote: '',
    headers: {},
    query: {},
    credentialsHash: null,
  }
}

async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new TocsinError('input_unreadable', `The event cannot be read: ${errorMessage(error)}`, { cause: error })
  }
}

function openSecrets({ dataDir }: EngineConfig, { redactor }: CommandContext): SecretPort {
  if (dataDir === null) return new NoSecrets()
  makeDataFolder(dataDir)
  const folder = join(dataDir, 'vault')
  return new Vault({
    folder,
    ciphers: [openKeyFileCipher(join(folder, 'vault.key'))],
    clock: systemClock,
    onReveal: (value) => redactor.add(value),
  })
}
