import type { JsonValue } from '../../../shared/model/json.ts'
import type { Database, Statement } from '../store/database.ts'
import type { DecisionKind, DecisionPurpose } from '../store/decision-store.ts'

/** A `decision` row as far as making it again needs it. */
export interface DecisionToReplay {
  seq: number
  id: string
  kind: DecisionKind
  purpose: DecisionPurpose
  policyVersionId: string
  evaluator: 'wasm' | 'full'
  evaluatorHash: string
  eventId: string | null
  chainId: string | null
  roundNo: number | null
  actionId: string | null
  inputParts: JsonValue
  inputSha256: string
  output: string | null
  nowNs: string
  seed: string
  prints: string[]
  error: { code: string; message: string } | null
}

type Row = Omit<DecisionToReplay, 'inputParts' | 'prints' | 'error'> & {
  inputParts: string
  prints: string
  error: string | null
}

const COLUMNS = `seq, id, kind, purpose, policy_version_id AS policyVersionId, evaluator, evaluator_hash AS evaluatorHash, event_id AS eventId,
  chain_id AS chainId, round_no AS roundNo, action_id AS actionId, input_parts AS inputParts, input_sha256 AS inputSha256, output,
  now_ns AS nowNs, seed, prints, error`

/** Recorded decisions, in the order in which they were made. */
export class ReplayStore {
  readonly #slice: Statement<[number, number, number], Row>
  readonly #init: Statement<[string, number, number], Row>
  readonly #byId: Statement<[string], Row>

  constructor(db: Database) {
    this.#slice = db.prepare(`SELECT ${COLUMNS} FROM decision WHERE seq > +? AND at >= +? ORDER BY seq LIMIT +?`)
    this.#byId = db.prepare(`SELECT ${COLUMNS} FROM decision WHERE id = ?`)
    this.#init = db.prepare(
      `SELECT ${COLUMNS} FROM decision WHERE chain_id = +? AND round_no = +? AND kind = 'init' AND seq < +? ORDER BY seq DESC LIMIT 1`,
    )
  }

  /** @param since epoch ms */
  slice({ afterSeq, since, limit }: { afterSeq: number; since: number; limit: number }): DecisionToReplay[] {
    return this.#slice.all(afterSeq, since, limit).map(decisionOf)
  }

  /** @throws Error when there is no such decision */
  get(id: string): DecisionToReplay {
    const row = this.#byId.get(id)
    if (row === undefined) throw new Error(`Decision ${id} is missing`)
    return decisionOf(row)
  }

  /** The `init` that a `run` went on from: the last one of its round before it. */
  initOf({ chainId, roundNo, seq }: DecisionToReplay): DecisionToReplay | null {
    const row = this.#init.get(chainId ?? '', roundNo ?? 0, seq)
    return row ? decisionOf(row) : null
  }
}

function decisionOf(row: Row): DecisionToReplay {
  return {
    ...row,
    inputParts: JSON.parse(row.inputParts) as JsonValue,
    prints: JSON.parse(row.prints) as string[],
    error: row.error === null ? null : (JSON.parse(row.error) as DecisionToReplay['error']),
  }
}
