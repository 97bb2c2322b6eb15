import type { ScriptRow } from '../../shared/model/settings.ts'
import { countStates } from '../../shared/model/state-counts.ts'
import {
  type Answer,
  type CallArg,
  type CallName,
  type CallResult,
  type DeskBridge,
  type Topic,
  type TopicPayload,
} from '../../shared/contract.ts'
import type { ContainmentRow } from '../../shared/model/containment.ts'
import type {
  AlertFilter,
  AlertRow,
  ApprovalCard,
  ChainView,
  DeskState,
  ProblemRow,
  WaitingRow,
} from '../../shared/model/views.ts'
import type { ProveRun } from '../../shared/model/prove.ts'
import type { RefusedRow, SourceRow } from '../../shared/model/source-views.ts'
import { alertRow, cardOf, chainOf, clamavRounds, MINUTE, VERSION_ID } from './desk-data.ts'
import { deskHandlers } from './desk-handlers.ts'
import { Refusal } from './desk-refusal.ts'
import { ReportsFake } from './desk-reports.ts'
import { deskStateOf, SETTINGS, SCRIPTS } from './desk-settings-data.ts'

export type DeskHandlers = { [Name in CallName]: (arg: CallArg<Name>) => CallResult<Name> | Promise<CallResult<Name>> }

export interface DeskFakeOptions {
  /** How many alerts there are; the newest waits for a decision. 40 unless told */
  alerts?: number
  /** How many reports there are; 14 unless told */
  reports?: number
  state?: Partial<DeskState>
}

/**
 * The engine as the desk sees it, in memory: scripted data of every kind, decisions that move it, and hooks to make
 * calls fail or hang. Typed by the contract; a test validates every answer against the contract's schemas.
 */
export class DeskFake implements DeskBridge {
  readonly alerts: AlertRow[]
  readonly chains = new Map<string, ChainView[]>()
  readonly cards = new Map<string, ApprovalCard>()
  readonly unknown: WaitingRow[] = []
  /** What each triage changed, as it was before */
  readonly triaged: Pick<AlertRow, 'id' | 'triage' | 'verdict'>[] = []
  readonly problems: ProblemRow[]
  readonly containments: ContainmentRow[] = []
  readonly reports: ReportsFake
  readonly calls: { name: CallName; arg: unknown }[] = []
  /** Calls answered by these instead, e.g. a refusal */
  readonly overrides: { [Name in CallName]?: (arg: CallArg<Name>) => CallResult<Name> | Promise<CallResult<Name>> } = {}
  state: DeskState
  settings = { ...SETTINGS }
  scripts: ScriptRow[] = [...SCRIPTS]
  secrets = [{ name: 'INTEL_KEY', hosts: ['intel.example.com'], updatedAt: Date.now() - 9 * MINUTE, isReadable: true }]
  refused: RefusedRow[] = []
  sources: SourceRow[] = [
    {
      id: 's1',
      name: 'clamav',
      createdAt: 1,
      lastUsedAt: Date.now() - MINUTE,
      revokedAt: null,
      events: 41,
      handshake: null,
      refusals: [{ code: 'bad_token', count: 2 }],
    },
  ]
  proof: ProveRun = { state: 'idle' }
  readonly #listeners = new Map<Topic, Set<(payload: never) => void>>()
  readonly #handlers: DeskHandlers

  constructor({ alerts = 40, reports = 14, state = {} }: DeskFakeOptions = {}) {
    const now = Date.now()
    this.alerts = Array.from({ length: alerts }, (_, no) => alertRow(alerts - no, now - (no * 7 + 4) * MINUTE))
    this.state = deskStateOf(state)
    this.problems = [problem(now)]
    if (alerts > 0) this.addWaiting(0)
    this.reports = new ReportsFake(reports)
    this.#handlers = deskHandlers(this)
  }

  /** Makes the alert at a place of the list a clamav find whose quarantine waits. */
  addWaiting(at: number, change: Partial<ApprovalCard> = {}): ApprovalCard {
    const old = this.alerts[at]
    if (!old) throw new Error(`no alert ${at}`)
    const row: AlertRow = {
      ...old,
      title: 'Win.Test.EICAR_HDB-1 FOUND',
      severity: 'medium',
      observable: '/srv/upload/invoice.exe',
      source: 'clamav',
      schema: 'clamav',
      triage: 'new',
      occurrences: 2,
      waiting: true,
      actions: countStates(['succeeded', 'failed', 'waiting']),
      chainState: 'waiting',
    }
    this.alerts[at] = row
    this.chains.set(row.id, [chainOf(row, clamavRounds(row.id))])
    const card = cardOf(row, change)
    this.cards.set(card.actionId, card)
    return card
  }

  /** New alerts come in, newest first, and everybody is told. */
  addAlerts(count: number, change: Partial<AlertRow> = {}): void {
    const newest = this.alerts[0]?.seq ?? 0
    for (let no = 1; no <= count; no++) this.alerts.unshift(alertRow(newest + no, Date.now(), change))
    this.changed(
      ['alerts', 'state'],
      this.alerts.slice(0, count).map((row) => row.id),
    )
    this.publish('news', {
      kind: 'alert',
      text: `New alert: ${this.alerts[0]?.title}`,
      alertId: this.alerts[0]?.id ?? null,
      actionId: null,
    })
  }

  trust(fingerprint: string, trust: ScriptRow['trust']): Record<string, never> {
    this.scripts = this.scripts.map((row) => (row.fingerprint === fingerprint ? { ...row, trust } : row))
    this.changed(['settings'])
    return {}
  }

  changed(what: TopicPayload<'changed'>['what'], alertIds: string[] = [], chainIds: string[] = []): void {
    this.publish('changed', { what, alertIds, chainIds })
  }

  publish<Name extends Topic>(topic: Name, payload: TopicPayload<Name>): void {
    for (const listener of this.#listeners.get(topic) ?? []) (listener as (p: TopicPayload<Name>) => void)(payload)
  }

  async call<Name extends CallName>(name: Name, arg: CallArg<Name>): Promise<Answer<CallResult<Name>>> {
    this.calls.push({ name, arg })
    try {
      const handler = this.overrides[name] ?? this.#handlers[name]
      return { ok: true, value: await handler(arg) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { ok: false, error: { code: error.code, message: error.message } }
    }
  }

  on<Name extends Topic>(topic: Name, listener: (payload: TopicPayload<Name>) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Moves a waiting action on, as the engine does after a decision. */
  settle(actionId: string, state: 'succeeded' | 'rejected' | 'failed', why: string): void {
    const card = this.cards.get(actionId)
    if (!card) throw new Refusal('not_found', 'There is no such decision.')
    if (card.state !== 'waiting') throw new Refusal('already_decided', `It was decided already: ${card.state}.`)
    card.state = state
    const chains = this.chains.get(card.alertId) ?? []
    for (const chain of chains) {
      chain.state = 'completed'
      chain.finishedAt = Date.now()
      for (const action of chain.rounds.flatMap((round) => round.actions)) {
        if (action.id !== actionId) continue
        action.state = state
        action.settledAt = Date.now()
        const outcome = state === 'rejected' ? 'rejected' : 'approved'
        action.decision = { outcome, by: 'analyst', why, at: Date.now() }
        const kind = state === 'rejected' ? 'approval.reject' : 'approval.approve'
        action.acts = [{ at: Date.now(), by: 'analyst', kind, reason: why, changes: [], cause: null }]
      }
    }
    const row = this.alerts.find((each) => each.id === card.alertId)
    if (row) Object.assign(row, { waiting: false, actions: countStates(['succeeded', 'failed', state]) })
    if (state === 'succeeded') this.containments.push(containment(card))
    this.changed(['approvals', 'chains', 'alerts', 'containments', 'state'], [card.alertId], [card.chainId])
    this.publish('news', { kind: 'decision', text: `${card.title}: ${state}`, alertId: card.alertId, actionId })
  }

  find(id: string): AlertRow {
    const row = this.alerts.find((each) => each.id === id)
    if (!row) throw new Refusal('not_found', 'There is no such alert.')
    return row
  }

  chainsOf(row: AlertRow): ChainView[] {
    return this.chains.get(row.id) ?? [chainOf(row, [])]
  }

  filtered(filter: AlertFilter | CallArg<'alerts.facets'>['filter'], upToSeq: number | null): AlertRow[] {
    const { triage = [], severities = [], sources = [], waitingOnly = false, text = '' } = filter
    // A phrase in quotes is searched for as a whole.
    const needle = text.replaceAll('"', '').toLowerCase()
    return this.alerts.filter(
      (row) =>
        (upToSeq === null || row.seq <= upToSeq) &&
        (triage.length === 0 || triage.includes(row.triage)) &&
        (severities.length === 0 || severities.includes(row.severity)) &&
        (sources.length === 0 || sources.includes(row.source)) &&
        (!waitingOnly || row.waiting) &&
        (needle === '' || `${row.title} ${row.observable}`.toLowerCase().includes(needle)),
    )
  }

  deskState(): DeskState {
    const waiting = [...this.cards.values()].filter((card) => card.state === 'waiting').length + this.unknown.length
    const open = this.alerts.filter((row) => row.triage !== 'closed').length
    return {
      ...this.state,
      counts: {
        waiting,
        unknown: this.unknown.length,
        open,
        problems: this.problems.length,
        containments: this.containments.length,
      },
    }
  }

  waitingRows(): WaitingRow[] {
    const cards = [...this.cards.values()].filter((card) => card.state === 'waiting')
    return [
      ...cards.map<WaitingRow>((card) => ({
        actionId: card.actionId,
        chainId: card.chainId,
        kind: 'approval',
        label: card.uses,
        alike: `${card.uses} ${card.asked?.row}`,
        policyVersionId: VERSION_ID,
        name: card.name,
        title: card.title,
        target: card.target,
        uses: card.uses,
        effect: card.effect,
        isIrreversible: card.confirm !== '',
        alertId: card.alertId,
        reportId: card.reportId,
        alertTitle: card.alertTitle,
        severity: card.severity,
        sentence: card.asked?.sentence ?? '',
        place: `${card.asked?.file}:${card.asked?.row}`,
        createdAt: card.createdAt,
        expiresAt: card.expiresAt,
        isStale: card.stale !== null,
      })),
      ...this.unknown,
    ]
  }

  card(actionId: string): ApprovalCard {
    const card = this.cards.get(actionId)
    if (!card) throw new Refusal('not_found', 'There is no such decision.')
    return card
  }

  dropProblem<Result>(id: string, result: Result): Result {
    this.problems.splice(0, this.problems.length, ...this.problems.filter((row) => row.id !== id))
    this.changed(['problems', 'events', 'state'])
    return result
  }
}

function problem(now: number): ProblemRow {
  return {
    id: 'problem-1',
    code: 'policy_result',
    schema: 'prometheus',
    message: 'title must be a string, got number 503',
    diagnostics: [
      { code: 'policy_result', message: 'title is number, string expected', file: 'alert/clamav.rego', row: 6, col: 2 },
    ],
    eventId: null,
    chainId: null,
    alertId: null,
    count: 14,
    firstAt: now - 55 * MINUTE,
    lastAt: now - 11 * MINUTE,
    canReprocess: true,
  }
}

function containment(card: ApprovalCard): ContainmentRow {
  return {
    attemptId: `${card.actionId}-attempt`,
    actionId: card.actionId,
    alertId: card.alertId,
    reportId: card.reportId,
    alertTitle: card.alertTitle,
    name: '',
    title: 'File quarantined',
    target: '/srv/upload/invoice.exe',
    uses: card.uses,
    since: Date.now(),
    by: 'you',
    targetKey: '/srv/upload/invoice.exe',
    stage: 'done',
    standing: null,
    checkedAt: null,
    found: [],
    canVerify: false,
    before: [],
    endsAt: null,
    isEndedByTarget: false,
    endFailure: null,
    isUnchanged: false,
    undo: { uses: 'file.restore', title: 'Restore invoice.exe' },
    undoState: null,
    undoActionId: null,
  }
}
