import { join } from 'node:path'
import { TocsinError } from '../../../shared/errors.ts'
import { EXPORTS } from './recovery.ts'
import type { DeskContext, Handlers } from './context.ts'

/** Fault scenarios on the analyst's own policies, in a thread of their own. */
export function proofHandlers({
  store,
  prover,
}: DeskContext): Handlers<'prove.run' | 'prove.start' | 'prove.cancel' | 'prove.save'> {
  return {
    'prove.run': () => prover?.run() ?? { state: 'idle' },
    'prove.start': () => {
      if (prover === null) throw new TocsinError('no_prover', 'This engine ends with its command: use tocsin prove.')
      return prover.start()
    },
    'prove.cancel': async () => (await prover?.cancel()) ?? { state: 'idle' },
    'prove.save': () => {
      if (store.paths === null || prover === null)
        throw new TocsinError('no_data_folder', 'There is no data folder to write a report into.')
      return { path: prover.save(join(store.paths.folder, EXPORTS)) }
    },
  }
}
