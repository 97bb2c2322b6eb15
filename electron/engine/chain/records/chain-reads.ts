import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState, Severity } from '../../../../shared/model/states.ts'
import type { Asked } from '../../../../shared/model/views.ts'
import { Statements } from '../../store/statements.ts'
import type { ActionRecord, ChainRecord, RoundRecord } from './records.ts'
import {
  actionNow,
  actionRecord,
  chainNow,
  chainRecord,
  roundRecord,
  type ActionNow,
  type ChainNow,
  type Row,
} from './rows.ts'

export interface RecordedDecision {
  nowNs: string
  seed: string
  inputSha256: string
  inputParts: JsonValue
  /** The package's document; null where it was undefined. */
  output: JsonValue
}

export interface PastAct {
  /** Epoch ms: when it was settled, else proposed. */
  at: number
  name: string
  title: string
  state: ActionState
  by: string
}

/** What a chain is about, for a card or a line of news. */
export interface SubjectHead {
  alertId: string
  /** Null where it is about an alert alone. */
  reportId: string | null
  title: string
  severity: Severity
}

/** What is read of `chain`, `round`, `action` and the decisions of chains; `ChainStore` adds the writes. */
export class ChainReads extends Statements {
  /** @throws TocsinError `chain_missing` */
  chain(id: string): ChainRecord {
    const row = this.sql('SELECT * FROM chain WHERE id = ?').get(id) as Row | undefined
    return chainRecord(row ?? missingChain())
  }

  /**
   * Where a chain is now: what a transaction looks at once more, without the rest of its row.
   * @throws TocsinError `chain_missing`
   */
  chainNow(id: string): ChainNow {
    const row = this.sql('SELECT state, stopping, held_at FROM chain WHERE id = ?').get(id) as Row | undefined
    return chainNow(row ?? missingChain())
  }

  /** All runs of an alert, the first first. */
  chainsOf(subjectId: string, kind: ChainRecord['subjectKind'] = 'alert'): ChainRecord[] {
    const sql = 'SELECT * FROM chain WHERE subject_kind = +? AND subject_id = +? ORDER BY run_no'
    return (this.sql(sql).all(kind, subjectId) as Row[]).map(chainRecord)
  }

  /** Chains that have not ended, oldest first. */
  openChains(): ChainRecord[] {
    return (this.sql('SELECT * FROM chain WHERE finished_at IS NULL ORDER BY seq').all() as Row[]).map(chainRecord)
  }

  /**
   * Open chains that have something to do, oldest first: not those that only wait for the analyst or are held, of which
   * there may be thousands.
   */
  chainsToDrive(): { id: string; namespace: string; isDecided: boolean }[] {
    const rows = this.sql(
      `SELECT id, namespace, EXISTS (SELECT 1 FROM action WHERE chain_id = c.id AND state = 'approved') AS decided
       FROM chain AS c WHERE state = 'running' OR (state = 'queued' AND held_at IS NULL) OR (state = 'waiting' AND NOT (
         EXISTS (SELECT 1 FROM action WHERE chain_id = c.id AND state IN ('waiting', 'unknown'))
         AND NOT EXISTS (SELECT 1 FROM action WHERE chain_id = c.id AND state IN ('proposed', 'approved', 'running'))))
       ORDER BY seq`,
    ).all() as { id: string; namespace: string; decided: number }[]
    return rows.map(({ id, namespace, decided }) => ({ id, namespace, isDecided: decided === 1 }))
  }

  /** Chains that are held, oldest first. */
  heldChains(): { id: string; namespace: string }[] {
    const sql = 'SELECT id, namespace FROM chain WHERE held_at IS NOT NULL AND finished_at IS NULL ORDER BY seq'
    return this.sql(sql).all() as { id: string; namespace: string }[]
  }

  /**
   * Chains that would go on by themselves and of which nothing has happened since then, oldest first. Not those with an
   * action that was approved: the approval is the analyst's word, and has a time of its own.
   * @param before epoch ms
   */
  idleSince(before: number): string[] {
    const rows = this.sql(
      `SELECT id FROM chain AS c WHERE finished_at IS NULL AND held_at IS NULL AND state IN ('queued', 'running') AND created_at <= @before
         AND NOT EXISTS (SELECT 1 FROM round WHERE chain_id = c.id AND started_at > @before)
         AND NOT EXISTS (SELECT 1 FROM action AS a WHERE chain_id = c.id AND (a.state = 'approved' OR settled_at > @before
           OR EXISTS (SELECT 1 FROM attempt WHERE action_id = a.id AND intent_at > @before)))
       ORDER BY seq`,
    ).all({ before }) as { id: string }[]
    return rows.map(({ id }) => id)
  }

  /** The number of the run that a re-run or an undo makes. */
  nextRunNo({ subjectKind, subjectId }: Pick<ChainRecord, 'subjectKind' | 'subjectId'>): number {
    const sql = 'SELECT coalesce(max(run_no), 0) + 1 AS n FROM chain WHERE subject_kind = +? AND subject_id = +?'
    return (this.sql(sql).get(subjectKind, subjectId) as { n: number }).n // an aggregate always has a row
  }

  /** What the analyst gave as the reason for stopping a chain; null when nobody stopped it. */
  stopReason(chainId: string): string | null {
    const sql = "SELECT reason FROM act WHERE subject_id = +? AND kind = 'chain.stop' ORDER BY seq DESC LIMIT 1"
    return (this.sql(sql).get(chainId) as { reason: string } | undefined)?.reason ?? null
  }

  countHeld(): number {
    const sql = 'SELECT count(*) AS n FROM chain WHERE held_at IS NOT NULL AND finished_at IS NULL'
    return (this.sql(sql).get() as { n: number }).n // an aggregate always has a row
  }

  /** What a card shows of what its chain is about. */
  subjectHead({ subjectKind, subjectId }: Pick<ChainRecord, 'subjectKind' | 'subjectId'>): SubjectHead {
    const row = this.sql(subjectKind === 'alert' ? ALERT_HEAD : REPORT_HEAD).get(subjectId)
    return (row ?? { alertId: subjectId, reportId: null, title: '', severity: 'info' }) as SubjectHead // CHECKs of the tables
  }

  /** The alerts that a chain is about. */
  alertIds({ subjectKind, subjectId }: Pick<ChainRecord, 'subjectKind' | 'subjectId'>): string[] {
    if (subjectKind === 'alert') return [subjectId]
    const sql = `SELECT a.id FROM subject_alert AS s JOIN alert AS a ON a.seq = s.alert_seq
      WHERE s.subject_kind = +? AND s.subject_id = +?`
    return (this.sql(sql).all(subjectKind, subjectId) as { id: string }[]).map(({ id }) => id)
  }

  /** The action of an undo that has been proposed and not settled. */
  openUndoOf(attemptId: string): { chainId: string; actionId: string } | null {
    const row = this.sql(
      `SELECT c.id AS chainId, a.id AS actionId FROM chain AS c JOIN action AS a ON a.chain_id = c.id
       WHERE c.undo_of = +? AND c.state IN ('queued', 'running', 'waiting')`,
    ).get(attemptId)
    return (row ?? null) as { chainId: string; actionId: string } | null
  }

  /** Whether a run of this alert (other than an undo) has not ended. */
  hasOpenRun({ subjectKind, subjectId }: Pick<ChainRecord, 'subjectKind' | 'subjectId'>): boolean {
    const row = this.sql(
      `SELECT 1 FROM chain WHERE subject_kind = +? AND subject_id = +? AND trigger <> 'undo'
         AND state IN ('queued', 'running', 'waiting')`,
    ).get(subjectKind, subjectId)
    return row !== undefined
  }

  round(chainId: string, no: number): RoundRecord | null {
    const row = this.sql('SELECT * FROM round WHERE chain_id = +? AND no = +?').get(chainId, no) as Row | undefined
    return row ? roundRecord(row) : null
  }

  latestRound(chainId: string): RoundRecord | null {
    const row = this.sql('SELECT * FROM round WHERE chain_id = +? ORDER BY no DESC LIMIT 1').get(chainId) as
      | Row
      | undefined
    return row ? roundRecord(row) : null
  }

  actions(chainId: string, roundNo: number): ActionRecord[] {
    return (
      this.sql('SELECT * FROM action WHERE chain_id = +? AND round_no = +? ORDER BY position').all(
        chainId,
        roundNo,
      ) as Row[]
    ).map(actionRecord)
  }

  /** All actions of the chain before a round, in the order of rounds and positions. */
  actionsBefore(chainId: string, roundNo: number): ActionRecord[] {
    const rows = this.sql('SELECT * FROM action WHERE chain_id = +? AND round_no < +? ORDER BY round_no, position').all(
      chainId,
      roundNo,
    ) as Row[]
    return rows.map(actionRecord)
  }

  /** @throws TocsinError `action_missing` */
  action(id: string): ActionRecord {
    const row = this.sql('SELECT * FROM action WHERE id = ?').get(id) as Row | undefined
    return actionRecord(row ?? missingAction())
  }

  /**
   * Where an action is now, as `chainNow`.
   * @throws TocsinError `action_missing`
   */
  actionNow(id: string): ActionNow {
    const row = this.sql('SELECT chain_id, round_no, state FROM action WHERE id = ?').get(id) as Row | undefined
    return actionNow(row ?? missingAction())
  }

  asked(actionId: string): Asked | null {
    const row = this.sql('SELECT asked FROM action WHERE id = ?').get(actionId) as { asked: string } | undefined
    return row ? (JSON.parse(row.asked) as Asked | null) : null
  }

  /**
   * Other acts on the same target, latest first: what was done, may have been done, or was declined. Of what only looks
   * things up, no more than the same look-up.
   */
  historyOf({ id, uses, targetKey }: ActionRecord, limit: number): PastAct[] {
    if (targetKey === '') return []
    return this.sql(
      `SELECT coalesce(a.settled_at, a.proposed_at) AS at, iif(p.edited_args IS NULL, a.name, '') AS name, a.title, a.state, coalesce(p.decided_by, 'policy') AS by
       FROM action AS a LEFT JOIN approval AS p ON p.action_id = a.id
       WHERE a.target_key = +@targetKey AND a.id <> +@id AND (a.effect <> 'observe' OR a.uses = +@uses)
         AND a.state IN ('running', 'unknown', 'succeeded', 'failed', 'rejected', 'expired')
       ORDER BY a.seq DESC LIMIT +@limit`,
    ).all({ id, uses, targetKey, limit }) as PastAct[] // columns of STRICT tables
  }

  /** What a decision saw and when: `now_ns` and `seed` make the same evaluation again. */
  decision(id: string): RecordedDecision | null {
    const row = this.sql('SELECT now_ns, seed, input_sha256, input_parts, output FROM decision WHERE id = +?').get(
      id,
    ) as Record<string, string | null> | undefined
    if (!row) return null
    return {
      nowNs: row['now_ns'] ?? '',
      seed: row['seed'] ?? '',
      inputSha256: row['input_sha256'] ?? '',
      inputParts: JSON.parse(row['input_parts'] ?? 'null') as JsonValue,
      output: JSON.parse(row['output'] ?? 'null') as JsonValue,
    }
  }
}

const ALERT_HEAD = 'SELECT id AS alertId, NULL AS reportId, title, severity FROM alert WHERE id = ?'

/** The alert of a report is the last one of its state. */
const REPORT_HEAD = `SELECT a.id AS alertId, r.id AS reportId, r.title, a.severity
  FROM report_state AS s JOIN report AS r ON r.seq = s.report_seq JOIN alert AS a ON a.seq = s.last_alert_seq WHERE s.id = ?`

function missingChain(): never {
  throw new TocsinError('chain_missing', 'This chain does not exist any more: reload the list')
}

function missingAction(): never {
  throw new TocsinError('action_missing', 'This action does not exist any more: reload the alert')
}
