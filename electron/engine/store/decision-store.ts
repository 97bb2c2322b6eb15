import type { JsonValue } from '../../../shared/model/json.ts'
import type { ResponseMode } from '../../../shared/model/states.ts'
import type { Ids } from '../ports/ports.ts'
import type { Database, Statement } from './database.ts'
import { EvaluatorStore, type Evaluator } from './evaluator-store.ts'
import type { Tx } from './writer.ts'

export type DecisionKind = 'alert' | 'init' | 'run' | 'exit' | 'inspect' | 'review'

/** `live` decided something; `staleness` looked again at what an approval relies on. */
export type DecisionPurpose = 'live' | 'staleness'

/** One evaluation of a policy, with all that rebuilds its input byte for byte. */
export interface NewDecision extends Evaluator {
  /** Made here unless given. */
  id?: string
  kind: DecisionKind
  purpose: DecisionPurpose
  /** False where nothing was done on the strength of it: a round that was overtaken. */
  isTaken: boolean
  eventId: string | null
  chainId: string | null
  roundNo: number | null
  actionId: string | null
  /** The response mode under which it was evaluated; null for what no mode changes. */
  mode: ResponseMode | null
  /** Null where the event's bytes are the whole input. */
  inputParts: JsonValue
  inputSha256: string
  /** JSON text; null: the document was undefined. */
  output: string | null
  nowNs: string
  seed: string
  durationUs: number | null
  prints: string[]
  error: { code: string; message: string } | null
}

/** Decisions, written once: here those that are no part of another row. */
export class DecisionStore {
  readonly #ids: Ids
  readonly #evaluators: EvaluatorStore
  readonly #insert: Statement
  readonly #byId: Statement<[string], { nowNs: string; seed: string; output: string | null }>

  constructor(db: Database, ids: Ids) {
    this.#ids = ids
    this.#evaluators = new EvaluatorStore(db)
    this.#insert = db.prepare(
      `INSERT INTO decision_row (id, at, kind, purpose, is_taken, evaluator, event_id, chain_id,
         round_no, action_id, mode, input_parts, input_sha256, output, now_ns, seed, duration_us, prints, error)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#byId = db.prepare('SELECT now_ns AS nowNs, seed, output FROM decision WHERE id = +?')
  }

  /** What makes the same evaluation again, and what it gave. */
  get(id: string): { nowNs: string; seed: string; output: JsonValue | undefined } | null {
    const row = this.#byId.get(id)
    if (row === undefined) return null
    return { ...row, output: row.output === null ? undefined : (JSON.parse(row.output) as JsonValue) }
  }

  /** @returns the decision's id */
  insert(tx: Tx, decision: NewDecision): string {
    const id = decision.id ?? this.#ids.uuid()
    const { kind, purpose, isTaken, eventId, chainId, roundNo, actionId } = decision
    const { mode, inputSha256, output, nowNs, seed, durationUs } = decision
    this.#insert.run(
      id,
      tx.at,
      kind,
      purpose,
      Number(isTaken),
      this.#evaluators.seq(decision),
      eventId,
      chainId,
      roundNo,
      actionId,
      mode,
      JSON.stringify(decision.inputParts),
      inputSha256,
      output,
      nowNs,
      seed,
      durationUs,
      JSON.stringify(decision.prints),
      decision.error === null ? null : JSON.stringify(decision.error),
    )
    return id
  }
}
