import type { DeskState, ReceiverState } from '../../../shared/model/views.ts'
import { assertNever } from '../../../shared/assert-never.ts'
import { listBackups } from '../store/backup.ts'
import type { WriterState } from '../store/writer.ts'
import type { DeskContext, Handlers } from './context.ts'

/** What the frame of the desk shows. */
export function stateHandlers(context: DeskContext): Handlers<'desk.state'> {
  const { config, store, policy, chains, receiver, mode, secrets } = context
  return {
    'desk.state': async () => {
      const { lastEventAt, bytes, ...counts } = await store.reader.query('desk.counts', {})
      const live = store.policies.live()
      return {
        version: config.version,
        host: config.host,
        dataDir: config.dataDir ?? '',
        policyDir: config.policyDir,
        receiver: receiver?.state() ?? NO_RECEIVER,
        mode: mode.current(),
        heldChains: chains.heldChains(),
        policy:
          policy.live() === null || live === null ? null : { number: live.number, id: live.id, since: live.since },
        policyProblem: policy.problem(),
        counts,
        lastEventAt,
        store: {
          ...storeState(store.writer.state()),
          bytes,
          backups: store.paths ? listBackups(store.paths.backups) : [],
        },
        vault: await secrets.backend(),
        engine: 'running',
        isFirstRun: lastEventAt === null,
      }
    },
  }
}

export const NO_RECEIVER: ReceiverState = {
  state: 'stopped',
  url: null,
  address: '',
  message: 'Nothing is received.',
}

function storeState(state: WriterState): Pick<DeskState['store'], 'state' | 'message'> {
  switch (state) {
    case 'ok':
      return { state, message: '' }
    case 'full':
      return { state, message: 'The disk is full: nothing can be stored, and senders get 503. Free some space.' }
    case 'corrupt':
      return { state, message: 'The database is damaged: nothing can be stored. Restore a backup.' }
    default:
      return assertNever(state, 'state of the writer')
  }
}
