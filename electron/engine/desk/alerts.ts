import { ANALYST } from '../chain/chain-deps.ts'
import { printed, type DeskContext, type Handlers } from './context.ts'

/** The inbox and one alert. */
export function alertHandlers({
  store,
  handles,
  bus,
}: DeskContext): Handlers<'alerts.page' | 'alerts.facets' | 'alerts.get' | 'alerts.triage'> {
  return {
    'alerts.page': (arg) => store.reader.query('alerts.page', arg),
    'alerts.facets': (arg) => store.reader.query('alerts.facets', arg),
    'alerts.get': async (arg) => printed(handles, await store.reader.query('alerts.get', arg)),
    'alerts.triage': async (arg) => {
      const changed = await store.writer.commit('triage', (tx) => store.triage.set(tx, arg, ANALYST))
      if (changed > 0) bus.changed(['alerts', 'state'], { alertIds: arg.ids })
      return { changed }
    },
  }
}
