import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { HttpPort } from '../http/http-port.ts'
import { systemClock } from '../ports/system-ports.ts'
import type { Action } from './action-definition.ts'
import { listActions } from './create-actions.ts'

/** What an action says of itself before anybody asks for it, as `tocsin actions --format json` prints it. */
export interface ActionEntry {
  uses: string
  /** Older names of the same action. */
  aliases: string[]
  origin: 'built in'
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

/** @returns every action of this version, in the order of `docs/ACTIONS.md`; who only reads them needs nothing that runs them */
export function builtInActions(): Action[] {
  const settings = {
    'net.allow': [],
    'net.proxy': '',
    'net.caFile': '',
    'quarantine.roots': [],
    'service.urls': {},
    'scripts.trusted': {},
  }
  return listActions({
    http: new HttpPort({ settings: () => settings, env: {}, clock: systemClock }),
    settings: () => settings,
    env: {},
    dataDir: null,
    policyDir: '',
    knownValues: () => Promise.reject(new Error('These actions are listed, never run')),
    appDir: '',
    clock: systemClock,
  })
}

export function actionEntry({ definition, declared, argsSchema }: Action): ActionEntry {
  const { uses, aliases = [], probe, noProbe = null, undo, noUndo = null } = definition
  return {
    uses,
    aliases: [...aliases],
    origin: 'built in',
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
