import type { Store } from '../../electron/engine/store/store.ts'
import { systemIds } from '../../electron/engine/ports/system-ports.ts'
import type { JsonValue } from '../../shared/model/json.ts'
import { sha256 } from '../../electron/engine/forms/canonical.ts'

/** Rows of a chain, written as they are: for tests of what reads them. Everything has a default. */
export interface ChainRows {
  /** Of its subject, an alert unless told. */
  alertId: string
  subjectKind?: 'alert' | 'report'
  state?: string
  trigger?: string
  undoOf?: string
  attrs?: JsonValue
  actions?: ActionRows[]
}

export interface ActionRows {
  round?: number
  policyId?: string
  uses?: string
  state?: string
  effect?: string
  target?: string
  asked?: JsonValue
  commits?: JsonValue
  approval?: { expiresAt: number; reason?: string; outcome?: string; staleAt?: number }
  attempt?: { outcome?: string; result?: JsonValue; undoes?: string; effect?: string }
}

export interface MadeChain {
  id: string
  actionIds: string[]
  attemptIds: (string | null)[]
}

/** Writes a chain with rounds, actions, approvals and attempts. */
export async function addChain(store: Store, chain: ChainRows): Promise<MadeChain> {
  const id = systemIds.uuid()
  return store.writer.commit('chain-round', ({ db, at }) => {
    const runNo = db.prepare('SELECT count(*) + 1 AS n FROM chain WHERE subject_id = ?').get(chain.alertId) as {
      n: number
    }
    db.prepare(
      `INSERT INTO chain (id, subject_kind, subject_id, run_no, undo_of, trigger, policy_version_id, generation, namespace,
         state, attrs, created_at)
       VALUES (?, ?, ?, ?, ?, ?, 'policy-1', 'commit', '', ?, ?, ?)`,
    ).run(
      id,
      chain.subjectKind ?? 'alert',
      chain.alertId,
      runNo.n,
      chain.undoOf ?? null,
      chain.trigger ?? 'event',
      chain.state ?? 'running',
      JSON.stringify(chain.attrs ?? []),
      at,
    )
    const actions = chain.actions ?? []
    for (const no of new Set(actions.map(({ round = 0 }) => round))) {
      const attrs = JSON.stringify(Array.from({ length: no }, (_, index) => ({ id: `a${index}` })))
      db.prepare('INSERT INTO round_row (chain_id, no, attrs_before, started_at) VALUES (?, ?, ?, ?)').run(
        id,
        no,
        attrs,
        at,
      )
    }
    const made = actions.map((action, position) => addAction({ db, at }, id, position, action))
    return { id, actionIds: made.map(({ actionId }) => actionId), attemptIds: made.map(({ attemptId }) => attemptId) }
  })
}

function addAction(
  { db, at }: { db: Store['db']; at: number },
  chainId: string,
  position: number,
  action: ActionRows,
): { actionId: string; attemptId: string | null } {
  const actionId = systemIds.uuid()
  const { round = 0, uses = 'file.quarantine', policyId = '', state = 'succeeded', effect = 'contain' } = action
  db.prepare(
    `INSERT INTO action (id, chain_id, round_no, position, policy_id, has_own_id, name, uses, args, args_hash, force, abort, end_asked,
       commits, effect, title, target, needs_approval, asked, state, proposed_at, resolved_commits)
     VALUES (?, ?, ?, ?, ?, ?, '', ?, '{"path":"/tmp/invoice.exe"}', ?, 0, 0, 1, '[]', ?, 'Quarantine invoice.exe', ?, 1, ?, ?, ?, ?)`,
  ).run(
    actionId,
    chainId,
    round,
    position,
    policyId,
    Number(policyId !== ''),
    uses,
    'd'.repeat(64),
    effect,
    action.target ?? '/tmp/invoice.exe',
    JSON.stringify(action.asked ?? null),
    state,
    at,
    JSON.stringify(action.commits ?? []),
  )
  if (action.approval) {
    const { expiresAt, reason = '', outcome = null, staleAt = null } = action.approval
    db.prepare(
      `INSERT INTO approval (id, action_id, bound_hash, bound, plan, editable, reason, created_at, expires_at, outcome,
         decided_at, decided_by, why, stale_at)
       VALUES (?, ?, ?, '{}', 'null', 1, ?, ?, ?, ?, ?, ?, '', ?)`,
    ).run(
      systemIds.uuid(),
      actionId,
      'e'.repeat(64),
      reason,
      at,
      expiresAt,
      outcome,
      outcome === null ? null : at,
      outcome === null ? null : 'analyst',
      staleAt,
    )
  }
  if (!action.attempt) return { actionId, attemptId: null }
  const attemptId = systemIds.uuid()
  const { outcome = null, result, undoes = null } = action.attempt
  const text = result === undefined ? null : JSON.stringify(result)
  db.prepare(
    `INSERT INTO attempt (id, action_id, no, key, uses, args, args_hash, plan, plan_hash, policy_version_id, mode, effect,
       intent_at, outcome, outcome_at, outcome_by, result, result_sha256, undoes)
     VALUES (?, ?, 1, 'k', ?, '{}', ?, 'null', ?, 'policy-1', 'ask', ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    attemptId,
    actionId,
    uses,
    'd'.repeat(64),
    'f'.repeat(64),
    action.attempt.effect ?? effect,
    at,
    outcome,
    outcome === null ? null : at,
    outcome === null ? null : 'action',
    text,
    text === null ? null : sha256(text),
    undoes,
  )
  return { actionId, attemptId }
}
