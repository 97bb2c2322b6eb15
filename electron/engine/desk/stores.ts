import { join } from 'node:path'
import { writeExportedHead } from '../audit/exported-head.ts'
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
}: DeskContext): Handlers<'store.verifyAudit' | 'store.exportHead' | 'store.export' | 'store.restore'> {
  return {
    'store.verifyAudit': () => store.audit.verify(),
    'store.exportHead': async ({ path }) => {
      if (store.paths === null) throw new TocsinError('no_data_folder', 'A database in memory keeps no trail.')
      const { publicKey } = store.audit
      const head = store.audit.head()
      const at = new Date(clock.now()).toISOString()
      const file = { what: 'tocsin audit head' as const, ...head, publicKey, at }
      const written = writeExportedHead(path, file, store.paths.folder)
      const after = { seq: head.seq, hash: head.hash }
      await store.writer.commit('export', (tx) =>
        tx.act({ by: ANALYST, kind: 'audit.exportHead', subjectKind: 'store', subjectId: written, after }),
      )
      return { path: written, seq: head.seq }
    },
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
