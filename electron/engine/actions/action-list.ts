import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { HttpPort } from '../http/http-port.ts'
import { systemClock } from '../ports/system-ports.ts'
import type { SourceFile } from '../policy/toolchain/types.ts'
import type { Action } from './action-definition.ts'
import { listActions } from './create-actions.ts'
import { OwnActions } from './own/own-actions.ts'
import { readDeclarations } from './own/read-declarations.ts'

/** What an action says of itself before anybody asks for it, as `tocsin actions --format json` prints it. */
export interface ActionEntry {
  uses: string
  /** Older names of the same action. */
  aliases: string[]
  origin: 'built in' | 'declared'
  /** The file in the workspace that declares it; null of one that is built in. */
  declared_in: string | null
  /** `observe`, `notify` or `contain`; in words where it depends on the arguments. */
  effect: string
  /** `yes` or `no`; in words where it depends on the arguments. */
  idempotent: string
  probe: boolean
  /** Why nobody can tell after a crash whether it was done; null where a probe tells, or where it is simply repeated. */
  no_probe: string | null
  undo: { uses: string; sentence: string } | null
  /** Why one that contains has no undo. */
  no_undo: string | null
  timeout_s: number
  tries: number
  secret_args: string[]
  locked_args: string[]
  /** JSON Schema (2020-12) of the arguments. */
  schema: JsonValue
}

/** Nothing is run from a list, so that nobody has set anything. */
const NO_SETTINGS = {
  'net.allow': [],
  'net.proxy': '',
  'net.caFile': '',
  'quarantine.roots': [],
  'service.urls': {},
  'scripts.trusted': {},
}

const unused = (): HttpPort => new HttpPort({ settings: () => NO_SETTINGS, env: {}, clock: systemClock })

/** @returns every action of this version, in the order of `docs/ACTIONS.md`; who only reads them needs nothing that runs them */
export function builtInActions(): Action[] {
  return listActions({
    http: unused(),
    settings: () => NO_SETTINGS,
    env: {},
    dataDir: null,
    policyDir: '',
    knownValues: () => Promise.reject(new Error('These actions are listed, never run')),
    appDir: '',
    clock: systemClock,
  })
}

/**
 * @param files of a workspace's `actions/` folder
 * @returns what they declare
 * @throws TocsinError `policy_invalid`
 */
export function declaredEntries(files: readonly SourceFile[]): ActionEntry[] {
  const declared = readDeclarations(files)
  const own = new OwnActions({
    declaredIn: () => ({ versionId: '', actions: declared, sources: files }),
    http: unused(),
    settings: () => NO_SETTINGS,
    dataDir: null,
  })
  return declared.flatMap(({ name, declaredIn }) => {
    const action = own.find(name, null)
    return action === undefined
      ? []
      : [{ ...actionEntry(action), origin: 'declared' as const, declared_in: declaredIn }]
  })
}

export function actionEntry({ definition, declared, argsSchema }: Action): ActionEntry {
  const { uses, aliases = [], probe, noProbe = null, undo, noUndo = null } = definition
  return {
    uses,
    aliases: [...aliases],
    origin: 'built in',
    declared_in: null,
    ...declared,
    probe: probe !== undefined,
    no_probe: noProbe,
    undo,
    no_undo: noUndo,
    timeout_s: definition.timeoutMs / 1000,
    tries: definition.retryDelaysMs.length + 1,
    secret_args: [...definition.secretArgs],
    locked_args: [...definition.lockedArgs],
    schema: argsSchema,
  }
}

/** @returns the names of an entry's arguments, those that must be given first, the others in brackets */
export function argumentNames({ schema }: Pick<ActionEntry, 'schema'>): string[] {
  const { properties = {}, required = [] } = schema as { properties?: JsonObject; required?: string[] } // as zod writes an object's
  const others = Object.keys(properties).filter((name) => !required.includes(name))
  return [...required, ...others.map((name) => `[${name}]`)]
}
