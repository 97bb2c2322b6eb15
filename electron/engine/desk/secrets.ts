import { ANALYST } from '../chain/chain-deps.ts'
import type { DeskContext, Handlers } from './context.ts'

/** Secrets: set, listed and removed, never shown. Acts name them without a value. */
export function secretHandlers({
  store,
  secrets,
  bus,
}: DeskContext): Handlers<'secrets.list' | 'secrets.set' | 'secrets.remove'> {
  const act = (kind: string, name: string, after: { hosts: string[] } | null): Promise<string> =>
    store.writer.commit('secret', (tx) => tx.act({ by: ANALYST, kind, subjectKind: 'secret', subjectId: name, after }))
  return {
    'secrets.list': async () => ({ rows: await secrets.list() }),
    'secrets.set': async ({ name, value, hosts }) => {
      await secrets.set(name, value, hosts)
      await act('secret.set', name, { hosts })
      bus.changed('settings')
      return {}
    },
    'secrets.remove': async ({ name }) => {
      await secrets.remove(name)
      await act('secret.remove', name, null)
      bus.changed('settings')
      return {}
    },
  }
}
