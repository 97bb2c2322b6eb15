import type { Database, Statement } from './database.ts'
import type { Tx } from './writer.ts'

/** What a rule made. */
export type RuleSubject = 'alert' | 'action'

/** A row that no rule is named for yet; `decisionId` is null where no policy made it (an undo, an alert that a form says). */
export interface Unnamed {
  seq: number
  policyVersionId: string
  decisionId: string | null
  /** Of an alert; '' of an action. */
  schema: string
  /** What its chain is about; '' of an alert. */
  subjectKind: 'alert' | 'report' | ''
  chainId: string
  roundNo: number
  position: number
}

const NEXT: Readonly<Record<RuleSubject, string>> = {
  alert: `SELECT seq, policy_version_id AS policyVersionId, nullif(decision_id, '') AS decisionId, schema, '' AS subjectKind, '' AS chainId, 0 AS roundNo, position
    FROM alert WHERE seq > +? ORDER BY seq LIMIT +?`,
  action: `SELECT a.seq, c.policy_version_id AS policyVersionId, r.decision_id AS decisionId, '' AS schema, c.subject_kind AS subjectKind, a.chain_id AS chainId,
      a.round_no AS roundNo, a.position
    FROM action AS a JOIN chain AS c ON c.id = a.chain_id LEFT JOIN round AS r ON r.chain_id = a.chain_id AND r.no = a.round_no
    WHERE a.seq > +? ORDER BY a.seq LIMIT +?`,
}

/** Which rules made alerts and actions: follows their rows by a watermark. */
export class RuleStore {
  readonly #watermark: Statement<[RuleSubject], { watermark: number }>
  readonly #advance: Statement
  readonly #next: Readonly<Record<RuleSubject, Statement<[number, number], Unnamed>>>
  readonly #rule: Statement<[string], { no: number }>
  readonly #insertRule: Statement
  readonly #insert: Statement

  constructor(db: Database) {
    this.#watermark = db.prepare('SELECT watermark FROM rule_state WHERE subject_kind = ?')
    this.#advance = db.prepare('UPDATE rule_state SET watermark = ? WHERE subject_kind = ?')
    this.#next = { alert: db.prepare(NEXT.alert), action: db.prepare(NEXT.action) }
    this.#rule = db.prepare('SELECT no FROM rule WHERE id = ?')
    this.#insertRule = db.prepare('INSERT INTO rule (id) VALUES (?)')
    this.#insert = db.prepare('INSERT OR IGNORE INTO rule_of (subject_kind, subject_seq, rule_no) VALUES (?, ?, ?)')
  }

  /** The rows after the watermark, in their order. */
  next(kind: RuleSubject, limit: number): Unnamed[] {
    return this.#next[kind].all(this.#watermark.get(kind)?.watermark ?? 0, limit)
  }

  /** Names the rules of rows and sets the watermark behind the last of them. */
  name(_tx: Tx, kind: RuleSubject, named: readonly { seq: number; rules: readonly string[] }[]): void {
    for (const { seq, rules } of named) for (const id of rules) this.#insert.run(kind, seq, this.#numberOf(id))
    const last = named.at(-1)
    if (last !== undefined) this.#advance.run(last.seq, kind)
  }

  #numberOf(id: string): number {
    return this.#rule.get(id)?.no ?? Number(this.#insertRule.run(id).lastInsertRowid)
  }
}
