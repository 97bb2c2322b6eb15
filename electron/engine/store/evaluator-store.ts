import type { Database, Statement } from './database.ts'

/** What has evaluated: a policy version in one of its compiled forms, by one build of the evaluators. */
export interface Evaluator {
  policyVersionId: string
  /** The compiled form that answered; null where none did. */
  policyForm: number | null
  evaluator: 'wasm' | 'full'
  evaluatorHash: string
}

/** One row for each, which thousands of decisions name. */
export class EvaluatorStore {
  readonly #find: Statement<[string, string, string, number | null], number>
  readonly #insert: Statement<[string, number | null, string, string]>

  constructor(db: Database) {
    this.#find = db
      .prepare<[string, string, string, number | null], number>(
        `SELECT seq FROM evaluator WHERE policy_version_id = +? AND build_hash = +? AND kind = +? AND policy_form IS +?`,
      )
      .pluck()
    this.#insert = db.prepare(
      'INSERT INTO evaluator (policy_version_id, policy_form, kind, build_hash) VALUES (?, ?, ?, ?)',
    )
  }

  /** @returns its row's number, written when it is the first decision of this evaluator; inside a transaction */
  seq({ policyVersionId, policyForm, evaluator, evaluatorHash }: Evaluator): number {
    const known = this.#find.get(policyVersionId, evaluatorHash, evaluator, policyForm)
    if (known !== undefined) return known
    return Number(this.#insert.run(policyVersionId, policyForm, evaluator, evaluatorHash).lastInsertRowid)
  }
}
