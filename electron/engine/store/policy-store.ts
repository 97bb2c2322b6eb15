import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { sha256 } from '../forms/canonical.ts'
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
  /** Which compiled form this is: what a decision names. */
  form: number
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
  form: number
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
  readonly #insertForm: Statement

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO policy_version (id, created_at, sources, data_files, origin, test_summary) VALUES (?, ?, ?, ?, ?, ?)`,
    )
    this.#insertLive = db.prepare('INSERT INTO policy_live (version_id, since, by, reason) VALUES (?, ?, ?, ?)')
    this.#byId = db.prepare(
      `SELECT v.number, v.id, v.created_at AS createdAt, v.sources, v.data_files AS dataFiles, f.seq AS form, f.compiled,
         f.meta AS compiledMeta, f.compiler_hash AS compilerHash, v.origin, v.test_summary AS testSummary
       FROM policy_version AS v JOIN policy_form AS f ON f.version_id = v.id WHERE v.id = +? ORDER BY f.seq DESC LIMIT 1`,
    )
    this.#numberOf = db.prepare('SELECT number FROM policy_version WHERE id = ?')
    this.#live = db.prepare('SELECT id, number, since, by FROM policy_now')
    this.#insertForm = db.prepare(
      `INSERT INTO policy_form (version_id, form, compiler_hash, since, compiled, compiled_sha256, meta)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
  }

  /**
   * Stores a version with its compiled form; one with the same content is stored once.
   * @returns its number
   */
  insert(tx: Tx, version: NewPolicyVersion): number {
    const known = this.#numberOf.get(version.id)
    if (known !== undefined) return known.number
    const { id, sources, dataFiles, origin, testSummary } = version
    const { lastInsertRowid } = this.#insert.run(
      id,
      tx.at,
      JSON.stringify(sources),
      JSON.stringify(dataFiles),
      origin,
      JSON.stringify(testSummary),
    )
    this.addForm(tx, id, version)
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

  /** Adds what a version compiles to under another compiler, or again: it is used from now on, the older ones stay. */
  addForm(tx: Tx, id: string, form: Pick<NewPolicyVersion, 'compiled' | 'compiledMeta' | 'compilerHash'>): void {
    const { compiled, compiledMeta, compilerHash } = form
    const compiledSha256 = compiled === null ? null : sha256(compiled)
    const meta = JSON.stringify(compiledMeta)
    this.#insertForm.run(id, compiled ? 'wasm' : 'full', compilerHash, tx.at, compiled, compiledSha256, meta)
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
