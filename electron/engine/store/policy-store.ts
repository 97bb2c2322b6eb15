import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Database, Statement } from './database.ts'
import type { Tx } from './writer.ts'

export type PolicyOrigin = 'workspace' | 'starter' | 'publish' | 'rollback' | 'import' | 'command'

export interface PolicyFile {
  /** Relative to the workspace, forward slashes. */
  path: string
  source: string
}

/** An immutable state of the workspace with its compiled form. */
export interface NewPolicyVersion {
  /** The hash of sources and data files. */
  id: string
  sources: PolicyFile[]
  dataFiles: PolicyFile[]
  /** The compiled policy; null when every entry point needs the full evaluator. */
  compiled: Uint8Array | null
  /** What loading needs beside it. The screen reads `entrypoints`: `{path, evaluator, reasons}[]`. */
  compiledMeta: JsonObject
  compilerHash: string
  origin: PolicyOrigin
  testSummary: JsonValue
}

export interface StoredPolicyVersion extends NewPolicyVersion {
  /** Counts up from 1: "policy v14". */
  number: number
  createdAt: number
}

export interface LivePolicyRow {
  id: string
  number: number
  since: number
  by: string
}

interface PolicyRow {
  number: number
  id: string
  createdAt: number
  sources: string
  dataFiles: string
  compiled: Buffer | null
  compiledMeta: string
  compilerHash: string
  origin: PolicyOrigin
  testSummary: string
}

/** Policy versions, and which one is live since when. */
export class PolicyStore {
  readonly #insert: Statement
  readonly #insertLive: Statement
  readonly #byId: Statement<[string], PolicyRow>
  readonly #numberOf: Statement<[string], { number: number }>
  readonly #live: Statement<[], LivePolicyRow>
  readonly #recompile: Statement

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO policy_version (id, created_at, sources, data_files, compiled, compiled_meta, compiler_hash, origin,
         test_summary)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#insertLive = db.prepare('INSERT INTO policy_live (version_id, since, by, reason) VALUES (?, ?, ?, ?)')
    this.#byId = db.prepare(
      `SELECT number, id, created_at AS createdAt, sources, data_files AS dataFiles, compiled,
         compiled_meta AS compiledMeta, compiler_hash AS compilerHash, origin, test_summary AS testSummary
       FROM policy_version WHERE id = ?`,
    )
    this.#numberOf = db.prepare('SELECT number FROM policy_version WHERE id = ?')
    this.#live = db.prepare('SELECT id, number, since, by FROM policy_now')
    this.#recompile = db.prepare(
      'UPDATE policy_version SET compiled = ?, compiled_meta = ?, compiler_hash = ? WHERE id = ?',
    )
  }

  /**
   * Stores a version; one with the same content is stored once.
   * @returns its number
   */
  insert(tx: Tx, version: NewPolicyVersion): number {
    const known = this.#numberOf.get(version.id)
    if (known !== undefined) return known.number
    const { id, sources, dataFiles, compiled, compiledMeta, compilerHash, origin, testSummary } = version
    const { lastInsertRowid } = this.#insert.run(
      id,
      tx.at,
      JSON.stringify(sources),
      JSON.stringify(dataFiles),
      compiled,
      JSON.stringify(compiledMeta),
      compilerHash,
      origin,
      JSON.stringify(testSummary),
    )
    tx.audit('policy.version', id, { id, sources, dataFiles, origin })
    return Number(lastInsertRowid)
  }

  /** Makes a stored version the live one; nothing happens when it is. */
  setLive(tx: Tx, id: string, by: string, reason: string): void {
    const before = this.live()
    if (before?.id === id) return
    this.#insertLive.run(id, tx.at, by, reason)
    tx.act({
      by,
      kind: 'policy.live',
      subjectKind: 'policy',
      subjectId: id,
      before: before?.id ?? null,
      after: id,
      reason,
    })
  }

  /** Replaces the compiled form after the compiler changed; sources and number stay. */
  recompiled(tx: Tx, id: string, form: Pick<NewPolicyVersion, 'compiled' | 'compiledMeta' | 'compilerHash'>): void {
    this.#recompile.run(form.compiled, JSON.stringify(form.compiledMeta), form.compilerHash, id)
    tx.audit('policy.recompiled', id, { id, compilerHash: form.compilerHash })
  }

  live(): LivePolicyRow | null {
    return this.#live.get() ?? null
  }

  get(id: string): StoredPolicyVersion | null {
    const row = this.#byId.get(id)
    if (row === undefined) return null
    return {
      ...row,
      sources: JSON.parse(row.sources) as PolicyFile[],
      dataFiles: JSON.parse(row.dataFiles) as PolicyFile[],
      compiledMeta: JSON.parse(row.compiledMeta) as JsonObject,
      testSummary: JSON.parse(row.testSummary) as JsonValue,
    }
  }
}
