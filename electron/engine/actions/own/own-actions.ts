import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceFile } from '../../policy/toolchain/types.ts'
import type { HttpPort } from '../../http/http-port.ts'
import type { Action } from '../action-definition.ts'
import type { DeclaredAction } from './declaration.ts'
import { httpKind } from './http-kind.ts'
import { endLeftovers } from './leftover-scripts.ts'
import { ownAction } from './own-action.ts'
import { scriptKind } from './script-kind.ts'

/** What a policy version declares. */
export interface DeclaredIn {
  versionId: string
  actions: readonly DeclaredAction[]
  /** All files of the version: its scripts are among them. */
  sources: readonly SourceFile[]
}

/** Versions whose actions are kept ready: the live one and those of open chains. */
const KEEP = 16

export interface OwnActionsParts {
  /** @returns what a version declares, the live one where none is named; null for one that is not stored */
  declaredIn: (versionId: string | null) => DeclaredIn | null
  http: HttpPort
  settings: () => { 'scripts.trusted': Record<string, string> }
  dataDir: string | null
}

/** The actions that the workspace declares, per policy version: a chain has those of the version that it started with. */
export class OwnActions {
  readonly #parts: OwnActionsParts
  readonly #folder: string
  readonly #isReady: Promise<void>
  readonly #ready = new Map<string, ReadonlyMap<string, Action>>()

  constructor(parts: OwnActionsParts) {
    this.#parts = parts
    const { dataDir } = parts
    this.#folder = dataDir === null ? tmpdir() : join(dataDir, 'scripts')
    // One process at a time has the data folder: what still runs from it was left by one that died.
    this.#isReady = dataDir === null ? Promise.resolve() : endLeftovers(this.#folder)
    // Told to who runs the next script.
    this.#isReady.catch(() => undefined)
  }

  /** @param versionId null: the live version */
  find(uses: string, versionId: string | null): Action | undefined {
    const ready = versionId === null ? undefined : this.#ready.get(versionId)
    return (ready ?? this.#prepare(versionId))?.get(uses)
  }

  #prepare(asked: string | null): ReadonlyMap<string, Action> | undefined {
    const declared = this.#parts.declaredIn(asked)
    if (declared === null) return undefined
    const { versionId } = declared
    const known = this.#ready.get(versionId)
    if (known !== undefined) return known
    const actions = new Map(declared.actions.map((one) => [one.name, this.#actionOf(one, declared.sources)] as const))
    this.#ready.set(versionId, actions)
    const [oldest] = this.#ready.keys()
    if (this.#ready.size > KEEP && oldest !== undefined) this.#ready.delete(oldest)
    return actions
  }

  #actionOf(declared: DeclaredAction, sources: readonly SourceFile[]): Action {
    const { http, settings } = this.#parts
    if (declared.kind === 'http') return ownAction(declared, httpKind(declared, http))
    return ownAction(
      declared,
      scriptKind(declared, {
        sources,
        folder: this.#folder,
        isReady: this.#isReady,
        trusted: () => settings()['scripts.trusted'],
      }),
    )
  }
}
