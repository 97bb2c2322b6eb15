import { listBackups } from '../store/backup.ts'
import { NO_RECEIVER, type DeskContext, type Handlers } from './context.ts'

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
          ...store.health(),
          bytes,
          backups: store.paths ? listBackups(store.paths.backups) : [],
        },
        doubt: store.generations.doubt(),
        vault: await secrets.backend(),
        engine: 'running',
        isFirstRun: lastEventAt === null,
      }
    },
  }
}
