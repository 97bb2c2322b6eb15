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
  /** Whether the form that decided was given `alert.raw`. */
  readsRaw: boolean
}

type Row = Omit<DecisionToReplay, 'inputParts' | 'prints' | 'error' | 'readsRaw'> & {
  readsRaw: number
  inputParts: string
  prints: string
  error: string | null
}

/** Where a walk over all decisions has come: the last row of each table that holds some. */
export interface ReplayCursor {
  event: number
  chain: number
  row: number
}

export const FROM_THE_START: ReplayCursor = { event: 0, chain: 0, row: 0 }

const COLUMNS = `seq, id, kind, purpose, policy_version_id AS policyVersionId, evaluator, evaluator_hash AS evaluatorHash, event_id AS eventId,
  chain_id AS chainId, round_no AS roundNo, action_id AS actionId, input_parts AS inputParts, input_sha256 AS inputSha256, output,
  now_ns AS nowNs, seed, prints, error, (
    SELECT f.meta ->> '$.references.readsRaw' FROM policy_form AS f WHERE f.seq = policy_form) IS NOT 0 AS readsRaw`

const AFTER = 'WHERE seq > +? AND at >= +? ORDER BY seq LIMIT +?'

/** Recorded decisions: those of events, of first rounds that ended their chains, and the others, each in their order. */
export class ReplayStore {
  readonly #ofEvents: Statement<[number, number, number], Row>
  readonly #ofChains: Statement<[number, number, number], Row>
  readonly #others: Statement<[number, number, number], Row>
  readonly #init: Statement<[string, number, number], Row>
  readonly #byId: Statement<[string], Row>

  constructor(db: Database) {
    this.#byId = db.prepare(`SELECT ${COLUMNS} FROM decision WHERE id = +?`)
    this.#ofEvents = db.prepare(`SELECT ${COLUMNS} FROM event_decision ${AFTER}`)
    this.#ofChains = db.prepare(`SELECT ${COLUMNS} FROM chain_decision ${AFTER}`)
    this.#others = db.prepare(`SELECT ${COLUMNS} FROM other_decision ${AFTER}`)
    this.#init = db.prepare(
      `SELECT ${COLUMNS} FROM other_decision WHERE chain_id = +? AND round_no = +? AND kind = 'init' AND seq < +?
       ORDER BY seq DESC LIMIT 1`,
    )
  }

  /**
   * The next decisions after a cursor.
   * @param since epoch ms
   * @returns them, and the cursor after the last of them
   */
  slice(
    after: ReplayCursor,
    { since, limit }: { since: number; limit: number },
  ): { decisions: DecisionToReplay[]; cursor: ReplayCursor } {
    const events = this.#ofEvents.all(after.event, since, limit)
    const chains = this.#ofChains.all(after.chain, since, limit - events.length)
    const rows = this.#others.all(after.row, since, limit - events.length - chains.length)
    const cursor = {
      event: events.at(-1)?.seq ?? after.event,
      chain: chains.at(-1)?.seq ?? after.chain,
      row: rows.at(-1)?.seq ?? after.row,
    }
    return { decisions: [...events, ...chains, ...rows].map(decisionOf), cursor }
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
    readsRaw: row.readsRaw === 1,
    error: row.error === null ? null : (JSON.parse(row.error) as DecisionToReplay['error']),
  }
}
