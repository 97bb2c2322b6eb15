import type { Changed } from '../news/bus.ts'
import type { QueuedChain } from '../chain/chain-service.ts'
import type { EventForms } from '../policy/evaluation.ts'
import type { Log } from '../ports/ports.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import type { Store } from '../store/store.ts'
import type { JudgeDeps } from './judge.ts'
import type { QueueChain, Settled } from './settle.ts'

export interface IntakeDeps extends JudgeDeps {
  store: Store
  queueChain: QueueChain
  /** Told after the commit. */
  onAlerts: (alerts: readonly StoredAlert[], chains: readonly QueuedChain[], forms: EventForms | null) => void
  onChanged: (what: readonly Changed[]) => void
  log: Log
}

/**
 * Tells the desk what a commit brought.
 * @param forms the event, where the policy thread has made them
 */
export function announce(
  deps: Pick<IntakeDeps, 'onAlerts' | 'onChanged'>,
  { alerts, chains, problem }: Settled,
  forms: EventForms | null,
): void {
  const what: Changed[] = ['events']
  if (alerts.length > 0) what.push('alerts')
  if (problem) what.push('problems')
  deps.onChanged(what)
  if (alerts.length > 0) deps.onAlerts(alerts, chains, forms)
}
