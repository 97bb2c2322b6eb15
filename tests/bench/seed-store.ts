import type { Store } from '../../electron/engine/store/store.ts'
import { newAlert, newDecision, newEvent, newPolicyVersion } from '../fakes/store.ts'

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const
const SOURCES = ['guardduty', 'clamav', 'wazuh', 'elastic', 'alertmanager', 'falco', 'osquery']
const WORDS = [
  'trojan',
  'dns',
  'beacon',
  'login',
  'brute',
  'force',
  'powershell',
  'privilege',
  'exfiltration',
  'malware',
]
/** Alerts per unit: large enough that commits cost nothing beside the rows. */
const ALERTS_PER_UNIT = 500
/** 2 kB, as the intake is measured with. */
const BODY_BYTES = 2000

/**
 * Fills a store with events of 2 kB, one alert with three attributes each, through the stores themselves; every tenth alert
 * is triaged. Text varies by a fixed rule, so that two runs fill the same.
 */
export async function seedAlerts(store: Store, count: number): Promise<void> {
  await store.writer.commit('seed', (tx) => store.policies.insert(tx, newPolicyVersion()))
  for (let start = 0; start < count; start += ALERTS_PER_UNIT) {
    await store.writer.commit('seed', (tx) => {
      const end = Math.min(count, start + ALERTS_PER_UNIT)
      for (let index = start; index < end; index += 1) addOne(store, tx, index)
    })
  }
}

function addOne(store: Store, tx: Parameters<Store['events']['insert']>[0], index: number): void {
  const host = `web-${index % 997}.example.org`
  const address = `10.${index % 13}.${index % 251}.${index % 241}`
  const title = `${word(index)} ${word(index * 7 + 3)} on ${host}`
  const filler = Array.from({ length: 40 }, (_, at) => word(index + at * 31)).join(' ')
  const detail = {
    host,
    address,
    id: index,
    note: filler,
    pad: String(index)
      .repeat(BODY_BYTES)
      .slice(0, BODY_BYTES - 600),
  }
  const body = new TextEncoder().encode(JSON.stringify(detail))
  const { id: eventId } = store.events.insert(tx, newEvent({ body, outcome: 'alerts', receivedAt: tx.at }))
  const decisionId = store.decisions.insert(
    tx,
    newDecision({ eventId, output: JSON.stringify({ alert: [{ title }] }) }),
  )
  const alert = store.alerts.insert(
    tx,
    newAlert({
      eventId,
      decisionId,
      title,
      source: pick(SOURCES, index),
      severity: pick(SEVERITIES, index * 3),
      dedupKey: `${word(index)}/${host}`,
      attrs: [
        attribute('host', 'host', host),
        attribute('address', 'ipaddr', address),
        attribute('count', '', index % 17),
      ],
    }),
  )
  if (index % 10 !== 0) return
  store.triage.set(
    tx,
    { ids: [alert.id], scope: 'row', state: 'closed', verdict: 'false_positive', note: null },
    'analyst',
  )
}

function attribute(key: string, type: string, value: string | number) {
  return { id: key, key, value, type, persist: false, ttl: 0 }
}

function word(index: number): string {
  return pick(WORDS, index * 2_654_435_761)
}

function pick<T>(list: readonly T[], index: number): T {
  const chosen = list[Math.floor(index / 7 + index) % list.length]
  if (chosen === undefined) throw new RangeError('An empty list has nothing to pick')
  return chosen
}
