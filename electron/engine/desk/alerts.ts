import { ANALYST } from '../chain/chain-deps.ts'
import { AlertWhy } from './alert-why.ts'
import { printed, type DeskContext, type Handlers } from './context.ts'

/** The inbox and one alert. */
export function alertHandlers({
  store,
  policy,
  handles,
  ruleFollower,
  bus,
  log,
}: DeskContext): Handlers<
  'alerts.page' | 'alerts.facets' | 'alerts.get' | 'alerts.occurrences' | 'alerts.triage' | 'alerts.untriage'
> {
  const why = new AlertWhy(store, policy, { nameRules: async () => ruleFollower?.run(), bus, log })
  return {
    'alerts.page': (arg) => store.reader.query('alerts.page', arg),
    'alerts.facets': (arg) => store.reader.query('alerts.facets', arg),
    'alerts.get': async (arg) => {
      const detail = await store.reader.query('alerts.get', arg)
      return printed(handles, { ...detail, why: why.of(arg.id) })
    },
    'alerts.occurrences': (arg) => store.reader.query('alerts.occurrences', arg),
    'alerts.triage': async (arg) => {
      const done = await store.writer.commit('triage', (tx) => store.triage.set(tx, arg, ANALYST))
      // Others of their keys changed too.
      if (done.changed > 0) bus.changed(['alerts', 'state'])
      return done
    },
    'alerts.untriage': async ({ acts }) => {
      const done = await store.writer.commit('triage', (tx) => store.triage.undo(tx, acts, ANALYST))
      if (done.changed > 0) bus.changed(['alerts', 'state'])
      return done
    },
  }
}
