import { join } from 'node:path'
import { ANALYST } from '../chain/chain-deps.ts'
import { TocsinError } from '../../../shared/errors.ts'
import { exportStore } from '../store/export.ts'
import { EXPORTS } from './recovery.ts'
import type { DeskContext, Handlers } from './context.ts'

/** The database as a whole: check the trail, take a copy, put one back. */
export function storeHandlers({
  store,
  clock,
  handles,
  restore,
}: DeskContext): Handlers<'store.verifyAudit' | 'store.export' | 'store.restore'> {
  return {
    'store.verifyAudit': () => store.audit.verify(),
    'store.export': async () => {
      if (store.paths === null) throw new TocsinError('no_data_folder', 'A database in memory cannot be exported.')
      const { database, folder } = store.paths
      const { path } = await exportStore(database, join(folder, EXPORTS), clock.now(), handles)
      await store.writer.commit('export', (tx) =>
        tx.act({ by: ANALYST, kind: 'store.export', subjectKind: 'store', subjectId: path }),
      )
      return { path }
    },
    'store.restore': async ({ backup }) => {
      await restore(backup)
      return {}
    },
  }
}
