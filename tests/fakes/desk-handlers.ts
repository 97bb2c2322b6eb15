import { isConfirmed } from '../../shared/model/confirmation.ts'
import type { JsonObject } from '../../shared/model/json.ts'
import type { AlertRow, EventRow } from '../../shared/model/views.ts'
import { alertRow, ASKED, cardOf, detailOf, EDITED_HASH, HASH, MINUTE, VERSION_ID } from './desk-data.ts'
import type { DeskFake, DeskHandlers } from './desk-fake.ts'
import { reportHandlers } from './desk-reports.ts'
import { Refusal } from './desk-refusal.ts'
import { POLICY_SOURCES } from './desk-settings-data.ts'

/** Answers to every call, from the fake's data. */
export function deskHandlers(fake: DeskFake): DeskHandlers {
  return {
    ...reportHandlers(fake),
    'desk.state': () => fake.deskState(),
    'alerts.page': ({ filter, upToSeq, offset, limit }) => {
      const rows = fake.filtered(filter, upToSeq)
      return { rows: rows.slice(offset, offset + limit), total: rows.length, newestSeq: fake.alerts[0]?.seq ?? 0 }
    },
    'alerts.facets': ({ filter }) => {
      const count = (key: 'triage' | 'severity' | 'source', rest: object) => {
        const counts = new Map<string, number>()
        for (const row of fake.filtered({ ...filter, ...rest }, null))
          counts.set(row[key], (counts.get(row[key]) ?? 0) + 1)
        return [...counts].map(([value, number]) => ({ value, count: number }))
      }
      return {
        triage: count('triage', { triage: [] }),
        severity: count('severity', { severities: [] }),
        source: count('source', { sources: [] }),
      }
    },
    'alerts.get': ({ id }) => detailOf(fake.find(id), fake.chainsOf(fake.find(id))),
    'alerts.occurrences': ({ id, offset, limit }) => {
      const { occurrences: total, createdAt, severity, triage, verdict, waiting } = fake.find(id)
      const all = Array.from({ length: total }, (_, no) => ({
        id: no === 0 ? id : `${id}-${no}`,
        createdAt: createdAt - no * MINUTE,
        severity,
        triage,
        verdict,
        waiting: no === 0 && waiting,
      }))
      return { rows: all.slice(offset, offset + limit), total }
    },
    'alerts.triage': ({ ids, state, verdict }) => {
      const first = fake.triaged.length + 1
      for (const id of ids) {
        fake.triaged.push({ id, triage: fake.find(id).triage, verdict: fake.find(id).verdict })
        Object.assign(fake.find(id), { triage: state, verdict })
      }
      fake.changed(['alerts', 'state'], ids)
      return {
        changed: ids.length,
        waiting: ids.filter((id) => fake.find(id).waiting).length,
        acts: { first, last: fake.triaged.length },
      }
    },
    'alerts.untriage': ({ acts: { first, last } }) => {
      const undone = fake.triaged.slice(first - 1, last)
      for (const { id, ...before } of undone) Object.assign(fake.find(id), before)
      fake.changed(['alerts', 'state'])
      return { changed: undone.length, kept: 0 }
    },
    'chains.get': ({ id }) => {
      const row = fake.alerts.find((each) => fake.chainsOf(each).some((chain) => chain.id === id))
      const chain = row && fake.chainsOf(row).find((each) => each.id === id)
      if (!chain) throw new Refusal('not_found', 'There is no such chain.')
      return structuredClone(chain)
    },
    'chains.stop': () => ({ state: 'cancelled', isYours: true }),
    'chains.rerunPreview': ({ id }) => ({
      refusal: null,
      effects: [{ actionId: `${id}-1`, name: '', title: 'Post to #alerts', at: Date.now() - 22 * MINUTE }],
      currentPolicyNumber: 15,
    }),
    'chains.rerun': ({ id }) => ({ chainId: id }),
    'attempts.result': () => ({ text: '{"status":200,"whole":true}' }),
    'approvals.list': () => ({ rows: fake.waitingRows(), total: fake.waitingRows().length }),
    'approvals.get': ({ actionId }) => structuredClone(fake.card(actionId)),
    'approvals.approve': ({ actionId, isStaleConfirmed, why, typedTarget }) => {
      const { confirm } = fake.card(actionId)
      if (confirm !== '' && !typedTarget) throw new Refusal('confirmation_required', 'Type its target to confirm it.')
      if (confirm !== '' && !isConfirmed(typedTarget ?? '', confirm))
        throw new Refusal('confirmation_differs', 'What was typed is not the target.')
      if (fake.card(actionId).stale && !isStaleConfirmed)
        throw new Refusal('stale', 'It changed since it was proposed.')
      fake.settle(actionId, 'succeeded', why)
      return { state: 'succeeded', isYours: true }
    },
    'approvals.reject': ({ actionId, reason }) => {
      fake.settle(actionId, 'rejected', reason)
      return { state: 'rejected', isYours: true }
    },
    'approvals.together': ({ actionIds }) => ({
      rows: actionIds.map((actionId) => {
        const { name, title, alertTitle, boundHash, state, stale, undo } = fake.card(actionId)
        const facts = { actionId, name, title, target: '', alertTitle, differs: [], boundHash, state }
        return { ...facts, isStale: stale !== null, isIrreversible: undo === null }
      }),
    }),
    'approvals.decide': ({ decision, items, reason }) => ({
      results: items.map(({ actionId }) => {
        if (fake.card(actionId).state !== 'waiting')
          return { actionId, outcome: 'settled', message: 'It was decided before' }
        fake.settle(actionId, decision === 'approve' ? 'succeeded' : 'rejected', reason)
        return { actionId, outcome: decision === 'approve' ? 'approved' : 'rejected', message: '' }
      }),
    }),
    'approvals.explain': ({ actionId }) => {
      Object.assign(fake.card(actionId), { asked: ASKED, canExplain: false })
      fake.changed(['approvals'])
      return { asked: ASKED }
    },
    'approvals.plan': ({ actionId, args }) => ({
      plan: Object.entries(args as JsonObject).map(([key, value]) => ({ key, value: JSON.stringify(value) })),
      boundHash: EDITED_HASH,
      confirm: fake.card(actionId).confirm,
    }),
    'actions.settleUnknown': ({ actionId, answer }) => {
      fake.unknown.splice(0, fake.unknown.length, ...fake.unknown.filter((row) => row.actionId !== actionId))
      fake.changed(['approvals', 'chains', 'state'])
      return { state: answer === 'done' ? 'succeeded' : 'failed', isYours: true }
    },
    'events.page': ({ outcomes, upToSeq, offset, limit }) => {
      const rows = fake.alerts
        .map(eventOf)
        .filter(
          (row) =>
            (upToSeq === null || row.seq <= upToSeq) && (outcomes.length === 0 || outcomes.includes(row.outcome)),
        )
      return { rows: rows.slice(offset, offset + limit), total: rows.length, newestSeq: fake.alerts[0]?.seq ?? 0 }
    },
    'events.get': ({ id }) => ({
      ...eventOf(fake.find(id.replace('event-', 'alert-'))),
      sha256: VERSION_ID,
      route: 'POST /alert/raw/clamav',
      remote: '127.0.0.1:51234',
      deliveryId: null,
      isTextReplaced: false,
      headers: { 'content-type': 'application/json', 'user-agent': 'curl/8.14' },
      query: {},
      body: '{"virus":"Win.Test.EICAR_HDB-1","file":"/srv/upload/invoice.exe","size":68}',
      isBodyTruncated: false,
      problemId: null,
    }),
    'problems.list': () => ({ rows: [...fake.problems], total: fake.problems.length }),
    'problems.reprocess': ({ id }) => fake.dropProblem(id, { processed: 14, deleted: 0, alerts: 3, isResolved: true }),
    'problems.dismiss': ({ id }) => fake.dropProblem(id, {}),
    'containments.list': () => ({
      rows: structuredClone(fake.containments),
      total: fake.containments.length,
    }),
    'containments.undo': ({ attemptId }) => {
      const row = fake.containments.find((each) => each.attemptId === attemptId)
      if (!row) throw new Refusal('not_found', 'It is not in force any more.')
      const card = cardOf(fake.find(row.alertId), {
        actionId: `${attemptId}-undo`,
        title: row.undo?.title ?? '',
        uses: 'file.restore',
      })
      fake.cards.set(card.actionId, card)
      Object.assign(row, { undoState: 'waiting', undoActionId: card.actionId })
      fake.changed(['containments', 'approvals', 'state'])
      return { chainId: card.chainId, actionId: card.actionId }
    },
    'containments.verify': ({ attemptId }) => {
      const row = fake.containments.find((each) => each.attemptId === attemptId)
      if (!row) throw new Refusal('already_undone', 'There is nothing to look at.')
      Object.assign(row, { standing: row.standing ?? 'holds', checkedAt: Date.now() })
      fake.changed(['containments'])
      return {}
    },
    'containments.lift': ({ attemptId }) => {
      fake.containments.splice(
        0,
        fake.containments.length,
        ...fake.containments.filter((row) => row.attemptId !== attemptId),
      )
      fake.changed(['containments', 'chains', 'state'])
      return {}
    },
    'policies.version': ({ id }) => ({
      number: 14,
      id,
      createdAt: Date.now() - 60 * MINUTE,
      origin: 'folder',
      isLive: true,
      entrypoints: [{ path: 'action', evaluator: 'wasm', reasons: [] }],
      sources: POLICY_SOURCES,
    }),
    'settings.get': () => ({ ...fake.settings }),
    'settings.protected': () => ({
      rows: [
        { value: '127.0.0.0/8', why: 'loopback' },
        { value: 'ana-laptop', why: 'the host that this desk runs on' },
        { value: 'ana', why: 'the user that this desk runs as' },
        { value: '192.168.1.0/24', why: 'the network that this computer is in (wlan0)' },
        { value: '192.168.1.1', why: 'the gateway of this computer' },
      ],
    }),
    'settings.set': ({ changes }) => {
      Object.assign(fake.settings, changes)
      return { ...fake.settings }
    },
    'mode.set': ({ mode, held }) => {
      fake.state = { ...fake.state, mode, heldChains: held === null ? fake.state.heldChains : 0 }
      fake.changed(['state'])
      return { mode, heldChains: fake.state.heldChains }
    },
    'receiver.retry': ({ address }) => {
      const to = address ?? fake.state.receiver.address
      fake.state = { ...fake.state, receiver: { state: 'listening', url: `http://${to}`, address: to, message: '' } }
      fake.changed(['state'])
      return fake.state.receiver
    },
    'scripts.list': () => ({ rows: [...fake.scripts] }),
    'scripts.trust': ({ fingerprint }) => fake.trust(fingerprint, 'trusted'),
    'scripts.withdraw': ({ fingerprint }) => fake.trust(fingerprint, 'none'),
    'secrets.list': () => ({ rows: [...fake.secrets] }),
    'secrets.set': ({ name, hosts }) => {
      fake.secrets = [
        ...fake.secrets.filter((row) => row.name !== name),
        { name, hosts, updatedAt: Date.now(), isReadable: true },
      ]
      return {}
    },
    'secrets.remove': ({ name }) => {
      fake.secrets = fake.secrets.filter((row) => row.name !== name)
      return {}
    },
    'sources.list': () => ({ rows: [...fake.sources], refused: [...fake.refused] }),
    'sources.create': ({ name }) => {
      fake.sources.push({
        id: `s-${name}`,
        name,
        createdAt: Date.now(),
        lastUsedAt: Date.now(),
        revokedAt: null,
        events: 0,
        handshake: null,
        refusals: [],
      })
      return { id: `s-${name}`, token: 'tsn_0123456789abcdef' }
    },
    'reading.newToken': () => {
      fake.settings['read.tokenSha256'] = HASH
      return { token: 'tsr_0123456789abcdef' }
    },
    'sources.setHandshake': ({ id, handshake }) => {
      for (const row of fake.sources) if (row.id === id) row.handshake = handshake
      fake.changed(['settings'])
      return {}
    },
    'sources.revoke': ({ id }) => {
      for (const row of fake.sources) if (row.id === id) row.revokedAt = Date.now()
      return {}
    },
    'sample.send': () => {
      fake.alerts.unshift(alertRow((fake.alerts[0]?.seq ?? 0) + 1, Date.now()))
      const card = fake.addWaiting(0)
      fake.changed(['alerts', 'events', 'approvals', 'state'], [card.alertId])
      return { eventId: 'event-1', alertId: card.alertId, path: '/tmp/tocsin-sample/invoice.exe' }
    },
    'prove.run': () => fake.proof,
    'prove.start': () => {
      fake.proof = { state: 'running', done: 1, of: 6, uses: 'okta.suspend_user' }
      fake.changed(['proof'])
      return fake.proof
    },
    'prove.cancel': () => {
      fake.proof = { state: 'cancelled' }
      fake.changed(['proof'])
      return fake.proof
    },
    'prove.save': () => ({ path: '/home/ana/.local/share/tocsin/exports/proof-2026-11-30.md' }),
    'store.verifyAudit': () => ({ isIntact: true, rows: 1204, firstBadSeq: null, message: 'intact' }),
    'store.exportHead': ({ path }) => ({ path, seq: 1204 }),
    'store.export': () => ({ path: '/home/ana/.local/share/tocsin/export.jsonl' }),
    'store.restore': () => {
      fake.state = { ...fake.state, store: { ...fake.state.store, state: 'ok' } }
      return {}
    },
  }
}

function eventOf(row: AlertRow): EventRow {
  const hasAlert = row.seq % 3 !== 0
  return {
    seq: row.seq,
    id: `event-${row.seq}`,
    receivedAt: row.createdAt,
    schema: row.schema,
    source: row.source,
    size: 800 + row.seq,
    outcome: hasAlert ? 'alerts' : row.seq % 2 === 0 ? 'no_alert' : 'no_policy',
    alertIds: hasAlert ? [row.id] : [],
  }
}
