import { TocsinError } from '../../../shared/errors.ts'
import { ANALYST } from '../chain/chain-deps.ts'
import type { DeskContext, Handlers } from './context.ts'

/** Who may send. A token is shown once, when its source is made. */
export function sourceHandlers({
  store,
  bus,
}: DeskContext): Handlers<'sources.list' | 'sources.create' | 'sources.revoke' | 'sources.setHandshake'> {
  return {
    'sources.list': () => store.reader.query('sources.list', {}),
    'sources.create': async ({ name }) => {
      const source = await store.writer.commit('source', (tx) => store.sources.create(tx, name, ANALYST))
      bus.changed('settings')
      return source
    },
    'sources.revoke': async ({ id }) => {
      store.revoked.add(store.sources.tokenHash(id))
      await store.writer.commit('source', (tx) => {
        if (store.sources.revoke(tx, id, ANALYST)) return
        throw missing()
      })
      bus.changed('settings')
      return {}
    },
    'sources.setHandshake': async ({ id, handshake }) => {
      await store.writer.commit('source', (tx) => {
        if (!store.sources.setHandshake(tx, id, handshake, ANALYST)) throw missing()
      })
      bus.changed('settings')
      return {}
    },
  }
}

function missing(): TocsinError {
  return new TocsinError('source_missing', 'This source is revoked already, or does not exist: reload the list.')
}
