import { TocsinError } from '../../../../shared/errors.ts'
import type { DiagnosticView, PolicyVersionView, ProblemRow } from '../../../../shared/model/views.ts'
import type { RefusedRow, SourceRow } from '../../../../shared/model/source-views.ts'
import type { Database } from '../database.ts'
import type { PolicyFile } from '../policy-store.ts'
import { openRows } from './alert-list.ts'
import { newestEvent } from './events.ts'
import { prepared } from './prepared.ts'
import { SUBJECT_REPORT } from './subject-report.ts'
import { containmentCount } from './containments.ts'
import { unknownCount, waitingCount } from './waiting.ts'

const MAX_PROBLEMS = 500
const MAX_SOURCES = 500
const MAX_REFUSALS = 5000
const MAX_REFUSED = 100
const MAX_COUNT = 10_000
/** Of one file of a policy: no policy is as long; a list in a data file may be. */
const MAX_SHOWN = 100_000

interface ProblemDbRow extends Omit<ProblemRow, 'diagnostics' | 'canReprocess'> {
  details: string
  canReprocess: number
}

interface SourceDbRow extends Omit<SourceRow, 'refusals'> {
  seq: number
}

interface PolicyDbRow {
  number: number
  id: string
  createdAt: number
  origin: string
  isLive: number
  meta: string
  sources: string
  dataFiles: string
}

/** An event can be processed again while its bytes are there. */
const PROBLEMS = `SELECT p.id, p.code, p.schema, p.message, p.details, p.event_id AS eventId, p.chain_id AS chainId,
    coalesce(x.id, c.subject_id) AS alertId, p.count, p.first_at AS firstAt, p.last_at AS lastAt,
    e.seq IS NOT NULL AND EXISTS (SELECT 1 FROM event_body AS b WHERE b.event_seq = e.seq) AS canReprocess
  FROM problem AS p
  LEFT JOIN chain AS c ON c.id = p.chain_id
  ${SUBJECT_REPORT}
  LEFT JOIN event AS e ON e.id = p.event_id
  WHERE p.resolved_at IS NULL ORDER BY p.last_at DESC LIMIT ${MAX_PROBLEMS}`

const PROBLEM_COUNT = `SELECT count(*) AS count FROM (
  SELECT 1 FROM problem WHERE resolved_at IS NULL LIMIT ${MAX_COUNT})`

const SOURCES = `SELECT s.seq, s.id, s.name, s.created_at AS createdAt, s.last_used_at AS lastUsedAt,
    s.revoked_at AS revokedAt, s.handshake,
    coalesce((SELECT sum(n.count) FROM event_count AS n WHERE n.source_id = s.id), 0) AS events
  FROM source AS s ORDER BY s.seq LIMIT ${MAX_SOURCES}`

const REFUSALS = `SELECT source_id AS sourceId, code, sum(count) AS count FROM refusal
  GROUP BY source_id, code ORDER BY count DESC LIMIT ${MAX_REFUSALS}`

const REFUSED = `SELECT coalesce(s.name, '') AS source, r.code, r.remote, sum(r.count) AS count,
    min(r.first_at) AS firstAt, max(r.last_at) AS lastAt
  FROM refusal AS r LEFT JOIN source AS s ON s.id = r.source_id
  GROUP BY r.source_id, r.code, r.remote ORDER BY lastAt DESC LIMIT ${MAX_REFUSED}`

const POLICY = `SELECT v.number, v.id, v.created_at AS createdAt, v.origin, (SELECT meta FROM policy_form AS f WHERE f.version_id = v.id ORDER BY f.seq DESC LIMIT 1) AS meta, v.sources,
    v.data_files AS dataFiles,
    v.id = (SELECT version_id FROM policy_live ORDER BY seq DESC LIMIT 1) AS isLive
  FROM policy_version AS v WHERE v.id = :id`

/** Open problems, the latest first, and how many there are. */
export function problemList(db: Database): { rows: ProblemRow[]; total: number } {
  const rows = prepared<object, ProblemDbRow>(db, PROBLEMS).all({})
  return {
    total: rows.length < MAX_PROBLEMS ? rows.length : problemCount(db),
    rows: rows.map(({ details, canReprocess, ...row }) => ({
      ...row,
      diagnostics: (JSON.parse(details) as { diagnostics?: DiagnosticView[] } | null)?.diagnostics ?? [],
      canReprocess: canReprocess === 1,
    })),
  }
}

/** Sources with what they sent and what was refused of it; and what was refused, the latest first, whoever sent it. */
export function sourceList(db: Database): { rows: SourceRow[]; refused: RefusedRow[] } {
  const refusals = Map.groupBy(
    prepared<object, { sourceId: string; code: string; count: number }>(db, REFUSALS).all({}),
    ({ sourceId }) => sourceId,
  )
  const rows = prepared<object, SourceDbRow>(db, SOURCES).all({})
  return {
    rows: rows.map(({ seq: _seq, ...row }) => ({
      ...row,
      refusals: (refusals.get(row.id) ?? []).map(({ code, count }) => ({ code, count })),
    })),
    refused: prepared<object, RefusedRow>(db, REFUSED).all({}),
  }
}

/**
 * A policy version as the screen shows it: its policies, then its data files, long ones by their beginning.
 * @throws TocsinError `policy_version_missing`
 */
export function policyVersion(db: Database, { id }: { id: string }): PolicyVersionView {
  const row = prepared<object, PolicyDbRow>(db, POLICY).get({ id })
  if (row === undefined) throw new TocsinError('policy_version_missing', 'This policy version does not exist.')
  const { number, createdAt, origin, isLive, meta, sources, dataFiles } = row
  const { entrypoints = [] } = JSON.parse(meta) as Partial<Pick<PolicyVersionView, 'entrypoints'>>
  return {
    number,
    id,
    createdAt,
    origin,
    isLive: isLive === 1,
    entrypoints: entrypoints.map(({ path, evaluator, reasons }) => ({ path, evaluator, reasons })),
    sources: [sources, dataFiles]
      .flatMap((files) => JSON.parse(files) as PolicyFile[])
      .map(({ path, source }) => ({ path, source: beginning(source) })),
  }
}

function beginning(text: string): string {
  if (text.length <= MAX_SHOWN) return text
  return `${text.slice(0, MAX_SHOWN)}\n… ${text.length - MAX_SHOWN} more characters`
}

/** How many problems are open: one number for the list and the frame. */
function problemCount(db: Database): number {
  return prepared<object, { count: number }>(db, PROBLEM_COUNT).get({})?.count ?? 0
}

/** The numbers in the frame of the desk. */
export interface DeskCounts {
  waiting: number
  /** How many of those are attempts whose outcome nobody knows. */
  unknown: number
  open: number
  problems: number
  containments: number
  lastEventAt: number | null
  /** Size of the database file with its free pages. */
  bytes: number
}

/** Counts for `desk.state`. */
export function deskCounts(db: Database): DeskCounts {
  const pages = Number(db.pragma('page_count', { simple: true }))
  return {
    waiting: waitingCount(db),
    unknown: unknownCount(db),
    open: openRows(db),
    problems: problemCount(db),
    containments: containmentCount(db),
    lastEventAt: newestEvent(db)?.receivedAt ?? null,
    bytes: pages * Number(db.pragma('page_size', { simple: true })),
  }
}
