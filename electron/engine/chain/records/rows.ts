import type { ActionRecord, ApprovalRecord, AttemptRecord, ChainRecord, RoundRecord } from './records.ts'

/** A row as SQLite hands it out: numbers, texts, nulls. The tables are STRICT, so each column has the type that the schema says. */
export type Row = Record<string, string | number | null>

/** JSON of a column that the schema guarantees to be valid JSON; the type is what this process wrote there. */
function json(row: Row, column: string): never {
  return JSON.parse(text(row, column)) as never
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`Column ${column} holds no text`)
  return value
}

export function number(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new TypeError(`Column ${column} holds no number`)
  return value
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}

function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column)
}

function jsonOrNull(row: Row, column: string): null {
  return row[column] === null ? null : json(row, column)
}

// The enumerations below are CHECK constraints of the tables, so the casts only repeat what SQLite enforces.

export type ChainNow = Pick<ChainRecord, 'state' | 'isStopping' | 'isHeld'>

export function chainNow(row: Row): ChainNow {
  return {
    state: text(row, 'state') as ChainRecord['state'],
    isStopping: row['stopping'] === 1,
    isHeld: row['held_at'] !== null,
  }
}

export type ActionNow = Pick<ActionRecord, 'chainId' | 'roundNo' | 'state'>

export function actionNow(row: Row): ActionNow {
  return {
    chainId: text(row, 'chain_id'),
    roundNo: number(row, 'round_no'),
    state: text(row, 'state') as ActionRecord['state'],
  }
}

export function chainRecord(row: Row): ChainRecord {
  return {
    seq: number(row, 'seq'),
    id: text(row, 'id'),
    subjectKind: text(row, 'subject_kind') as ChainRecord['subjectKind'],
    subjectId: text(row, 'subject_id'),
    runNo: number(row, 'run_no'),
    rerunOf: textOrNull(row, 'rerun_of'),
    rerunWhat: textOrNull(row, 'rerun_what') as ChainRecord['rerunWhat'],
    rerunFrom: textOrNull(row, 'rerun_from'),
    undoOf: textOrNull(row, 'undo_of'),
    trigger: text(row, 'trigger') as ChainRecord['trigger'],
    policyVersionId: text(row, 'policy_version_id'),
    generation: text(row, 'generation') as ChainRecord['generation'],
    namespace: text(row, 'namespace'),
    ...chainNow(row),
    roundNo: number(row, 'round_no'),
    attrs: json(row, 'attrs'),
  }
}

export function roundRecord(row: Row): RoundRecord {
  return {
    chainId: text(row, 'chain_id'),
    no: number(row, 'no'),
    decisionId: textOrNull(row, 'decision_id'),
    attrsBefore: json(row, 'attrs_before'),
    isAborted: row['aborted'] === 1,
  }
}

export function actionRecord(row: Row): ActionRecord {
  return {
    seq: number(row, 'seq'),
    id: text(row, 'id'),
    ...actionNow(row),
    position: number(row, 'position'),
    policyId: text(row, 'policy_id'),
    hasOwnId: row['has_own_id'] === 1,
    name: text(row, 'name'),
    uses: text(row, 'uses'),
    args: json(row, 'args'),
    argsHash: text(row, 'args_hash'),
    isForced: row['force'] === 1,
    isAbort: row['abort'] === 1,
    isEndAsked: row['end_asked'] === 1,
    commits: json(row, 'commits'),
    effect: textOrNull(row, 'effect') as ActionRecord['effect'],
    title: text(row, 'title'),
    target: text(row, 'target'),
    targetKey: text(row, 'target_key'),
    targets: json(row, 'targets'),
    rules: json(row, 'rules'),
    isIrreversible: row['irreversible'] === 1,
    needsApproval: row['needs_approval'] === 1,
    plan: json(row, 'plan'),
    settledOrder: numberOrNull(row, 'settled_order'),
    resolvedCommits: json(row, 'resolved_commits'),
    reusedFrom: textOrNull(row, 'reused_from'),
    error: jsonOrNull(row, 'error'),
  }
}

export function approvalRecord(row: Row): ApprovalRecord {
  return {
    id: text(row, 'id'),
    actionId: text(row, 'action_id'),
    boundHash: text(row, 'bound_hash'),
    bound: json(row, 'bound'),
    plan: json(row, 'plan'),
    isEditable: row['editable'] === 1,
    reason: text(row, 'reason'),
    beyondCap: text(row, 'beyond_cap'),
    editedArgs: jsonOrNull(row, 'edited_args'),
    createdAt: number(row, 'created_at'),
    expiresAt: number(row, 'expires_at'),
    outcome: textOrNull(row, 'outcome') as ApprovalRecord['outcome'],
    decidedAt: numberOrNull(row, 'decided_at'),
    decidedBy: textOrNull(row, 'decided_by'),
    why: text(row, 'why'),
    decidedHash: textOrNull(row, 'decided_hash'),
    staleAt: numberOrNull(row, 'stale_at'),
    staleReason: jsonOrNull(row, 'stale_reason'),
  }
}

export function attemptRecord(row: Row): AttemptRecord {
  return {
    id: text(row, 'id'),
    actionId: text(row, 'action_id'),
    no: number(row, 'no'),
    key: text(row, 'key'),
    uses: text(row, 'uses'),
    args: json(row, 'args'),
    plan: json(row, 'plan'),
    approvalId: textOrNull(row, 'approval_id'),
    effect: text(row, 'effect') as AttemptRecord['effect'],
    outcome: textOrNull(row, 'outcome') as AttemptRecord['outcome'],
    outcomeAt: numberOrNull(row, 'outcome_at'),
    outcomeBy: textOrNull(row, 'outcome_by') as AttemptRecord['outcomeBy'],
    result: jsonOrNull(row, 'result'),
    isResultDeleted: row['outcome'] === 'succeeded' && row['result'] === null,
    undoes: textOrNull(row, 'undoes'),
  }
}
