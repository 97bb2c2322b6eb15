import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertRecord, StoredAlert } from '../../electron/engine/store/alert-store.ts'
import type { NewDecision } from '../../electron/engine/store/decision-store.ts'
import type { NewEvent } from '../../electron/engine/store/event-store.ts'
import type { NewPolicyVersion } from '../../electron/engine/store/policy-store.ts'
import { ReportStore } from '../../electron/engine/report/records/report-store.ts'
import { openStore, type Store } from '../../electron/engine/store/store.ts'
import { systemIds } from '../../electron/engine/ports/system-ports.ts'
import { FakeClock, FakeLog } from './ports.ts'

/** A real store in a folder of its own, with a clock that the test moves. */
export interface TestStore extends Store {
  readonly dataDir: string
  readonly clock: FakeClock
  readonly log: FakeLog
  /** Closes and opens the same folder again; the members are those of the new store. @param work in between */
  reopen(work?: () => void): Promise<void>
}

/** @param isInMemory a database without a file (`dataDir` is then an empty folder) */
export async function openTestStore({ isInMemory = false } = {}): Promise<TestStore> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tocsin-store-'))
  const clock = new FakeClock()
  const log = new FakeLog()
  const options = { dataDir: isInMemory ? null : dataDir, clock, ids: systemIds, log }
  const first = await openStore(options)
  let closeCurrent = first.close
  const store: TestStore = {
    ...first,
    dataDir,
    clock,
    log,
    async reopen(work) {
      await closeCurrent()
      work?.()
      const next = await openStore(options)
      closeCurrent = next.close
      Object.assign(store, next, { close })
    },
    close,
  }
  async function close(): Promise<void> {
    await closeCurrent()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return store
}

export function newEvent(changes: Partial<NewEvent> = {}): NewEvent {
  return {
    receivedAt: 1_700_000_000_000,
    schema: 'clamav',
    route: '/alert/clamav',
    sourceId: '',
    deliveryId: null,
    remote: '127.0.0.1:50000',
    headers: { 'content-type': 'application/json' },
    query: {},
    credentialsHash: null,
    body: new TextEncoder().encode('{}'),
    outcome: 'no_alert',
    ...changes,
  }
}

/** An alert of an event that is stored already; `eventId` must be given. */
export function newAlert(changes: Partial<AlertRecord> & { eventId: string }): AlertRecord {
  const id = changes.id ?? systemIds.uuid()
  return {
    id,
    position: 0,
    schema: 'clamav',
    createdAt: 1_700_000_000_000,
    title: 'Malware found',
    description: 'ClamAV found Eicar-Test-Signature',
    source: 'clamav',
    namespace: '',
    severity: 'high',
    attrs: [],
    refs: [],
    tags: [],
    dedupKey: id,
    detector: '',
    ruleId: '',
    alertKey: '',
    policyVersionId: 'policy-1',
    decisionId: 'decision-1',
    ...changes,
  }
}

export function newDecision(changes: Partial<NewDecision> = {}): NewDecision {
  return {
    kind: 'alert',
    purpose: 'live',
    isTaken: true,
    policyVersionId: 'policy-1',
    policyForm: null,
    evaluator: 'wasm',
    evaluatorHash: 'a'.repeat(64),
    eventId: null,
    chainId: null,
    roundNo: null,
    actionId: null,
    mode: null,
    inputParts: null,
    inputSha256: 'b'.repeat(64),
    output: '{}',
    nowNs: '1700000000000000000',
    seed: '0'.repeat(32),
    durationUs: 15,
    prints: [],
    error: null,
    ...changes,
  }
}

export function newPolicyVersion(changes: Partial<NewPolicyVersion> = {}): NewPolicyVersion {
  return {
    id: 'policy-1',
    sources: [{ path: 'alert/clamav.rego', source: 'package alert.clamav' }],
    dataFiles: [],
    compiled: null,
    compiledMeta: { entrypoints: [{ path: 'alert/clamav', evaluator: 'wasm', reasons: [] }] },
    compilerHash: 'c'.repeat(64),
    origin: 'workspace',
    testSummary: null,
    ...changes,
  }
}

/** A stored event with one alert, under the policy version `policy-1`. */
export async function addAlert(
  store: Store,
  alert: Partial<AlertRecord> = {},
  event: Partial<NewEvent> = {},
): Promise<StoredAlert> {
  return store.writer.commit('event', (tx) => {
    store.policies.insert(tx, newPolicyVersion())
    const { id: eventId } = store.events.insert(tx, newEvent({ outcome: 'alerts', ...event }))
    return store.alerts.insert(tx, newAlert({ eventId, ...alert }))
  })
}

/** A report of one alert, with one attribute, an inspection of it and a state that was made known. */
export async function addReport(store: Store, alert: StoredAlert): Promise<{ id: string }> {
  const reports = new ReportStore(store.db)
  const [id, inspectionId] = [systemIds.uuid(), systemIds.uuid()]
  const { createdAt, title } = alert
  await store.writer.commit('report-gather', (tx) => {
    const cause = { cause: id, detector: 'ids', ruleId: 'r', alertKey: 'k' }
    const seq = reports.insert(tx, { id, ...cause, title, createdAt, closesAt: createdAt + 1000 })
    reports.addAlerts(tx, seq, [alert], { status: 'new', lastAt: createdAt, reviewAt: createdAt })
    const named = { type: 'ipaddr', key: 'ip', value: '192.0.2.1', context: [] }
    reports.addAttribute(tx, seq, { ...named, hash: 'h', depth: 0, inspectionId: null })
    const [attribute] = reports.uninspected(seq, 1)
    const asked = { id: inspectionId, reportSeq: seq, attributeSeq: attribute?.seq ?? 0, uses: '', args: {} }
    reports.insertInspection(tx, { ...asked, decisionId: '', lookupId: null, state: 'succeeded', error: null })
    reports.insertFinding(tx, asked, { id: systemIds.uuid(), author: 'policy', type: 'host', content: {}, summary: '' })
    const report = reports.bySeq(seq)
    if (report) reports.insertState(tx, systemIds.uuid(), seq, reports.snapshot(report))
  })
  return { id }
}
