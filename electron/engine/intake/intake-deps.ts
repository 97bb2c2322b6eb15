import type { Changed } from '../bus.ts'
import type { Clock, Ids, Log } from '../ports.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import type { Store } from '../store/store.ts'
import type { PolicyPort } from './policy-port.ts'
import type { QueueChain, Settled } from './settle.ts'

export interface IntakeDeps {
  store: Store
  policy: PolicyPort
  queueChain: QueueChain
  /** Told after the commit. */
  onAlerts: (alerts: readonly StoredAlert[]) => void
  onChanged: (what: readonly Changed[]) => void
  clock: Clock
  ids: Ids
  log: Log
}

/** Tells the desk what a commit brought. */
export function announce(deps: Pick<IntakeDeps, 'onAlerts' | 'onChanged'>, { alerts, problem }: Settled): void {
  const what: Changed[] = ['events']
  if (alerts.length > 0) what.push('alerts')
  if (problem) what.push('problems')
  deps.onChanged(what)
  if (alerts.length > 0) deps.onAlerts(alerts)
}
