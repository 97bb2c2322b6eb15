import { describe, expect, test } from 'vitest'
import { type CallArg, type CallName, callNames, contract } from '../../shared/contract.ts'
import { DeskFake } from './desk-fake.ts'
import { HASH } from './desk-data.ts'

const ARGS: { [Name in CallName]: CallArg<Name> } = {
  'desk.state': {},
  'alerts.page': { filter: {}, upToSeq: null, offset: 0, limit: 50 },
  'alerts.facets': { filter: {} },
  'alerts.get': { id: 'alert-40' },
  'alerts.triage': { ids: ['alert-3'], scope: 'row', state: 'closed', verdict: 'benign', note: null },
  'alerts.untriage': { acts: { first: 1, last: 1 } },
  'alerts.occurrences': { id: 'alert-40', offset: 0, limit: 20 },
  'chains.get': { id: 'chain-alert-40' },
  'chains.stop': { id: 'chain-alert-40', reason: 'x' },
  'chains.rerunPreview': { id: 'chain-alert-40', what: 'everything' },
  'chains.rerun': { id: 'chain-alert-40', what: 'everything', policy: 'same', isConfirmed: true },
  'attempts.result': { id: 'attempt' },
  'approvals.list': {},
  'approvals.get': { actionId: 'alert-40-quarantine' },
  'approvals.approve': {
    actionId: 'alert-40-quarantine',
    boundHash: HASH,
    isStaleConfirmed: false,
    editedArgs: null,
    why: '',
  },
  'approvals.reject': { actionId: 'alert-38-quarantine', boundHash: HASH, reason: 'x' },
  'approvals.together': { actionIds: ['alert-40-quarantine'] },
  'approvals.decide': {
    decision: 'approve',
    items: [{ actionId: 'alert-40-quarantine', boundHash: HASH }],
    reason: 'x',
  },
  'approvals.explain': { actionId: 'alert-40-quarantine' },
  'approvals.plan': { actionId: 'alert-40-quarantine', args: { path: '/x' } },
  'actions.settleUnknown': { actionId: 'alert-40-quarantine', answer: 'done', reason: 'x' },
  'events.page': { outcomes: [], upToSeq: null, offset: 0, limit: 50 },
  'events.get': { id: 'event-40' },
  'problems.list': {},
  'problems.reprocess': { id: 'problem-1' },
  'problems.dismiss': { id: 'problem-1', reason: 'x' },
  'containments.list': {},
  'containments.undo': { attemptId: 'alert-40-quarantine-attempt' },
  'containments.verify': { attemptId: 'alert-40-quarantine-attempt' },
  'containments.lift': { attemptId: 'alert-40-quarantine-attempt', reason: 'x' },
  'reports.page': { filter: { severities: [], text: '', value: '' }, upToSeq: null, offset: 0, limit: 50 },
  'reports.get': { id: 'report-1' },
  'reports.override': { id: 'report-1', severity: 'safe', reason: 'x' },
  'reports.reinspect': { id: 'report-1' },
  'reports.review': { id: 'report-1' },
  'inspections.retry': { id: 'inspection-1' },
  'policies.version': { id: 'v' },
  'settings.get': {},
  'settings.protected': {},
  'settings.set': { changes: { 'retention.days': 30 } },
  'mode.set': { mode: 'off', held: null },
  'receiver.retry': { address: null },
  'scripts.list': {},
  'scripts.trust': { fingerprint: 'a'.repeat(64) },
  'scripts.withdraw': { fingerprint: 'a'.repeat(64) },
  'secrets.list': {},
  'secrets.set': { name: 'KEY', value: 'long enough', hosts: [] },
  'secrets.remove': { name: 'KEY' },
  'sources.list': {},
  'sources.setHandshake': { id: 's1', handshake: 'okta' },
  'sources.create': { name: 'falco' },
  'sources.revoke': { id: 's1' },
  'reading.newToken': {},
  'sample.send': {},
  'prove.start': {},
  'prove.run': {},
  'prove.save': {},
  'prove.cancel': {},
  'store.verifyAudit': {},
  'store.exportHead': { path: '/media/usb/head.json' },
  'store.export': {},
  'store.restore': { backup: 'daily.db' },
}

describe('the fake engine keeps the contract', () => {
  const fake = new DeskFake()
  fake.addWaiting(2)
  test.each(callNames)('%s', async (name) => {
    const arg = contract[name].arg.parse(ARGS[name])
    const answer = await fake.call(name, arg)
    expect(answer).toMatchObject({ ok: true })
    if (answer.ok) contract[name].result.parse(answer.value)
  })
})
