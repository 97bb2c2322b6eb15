import { TocsinError } from '../../../shared/errors.ts'
import { ANALYST } from '../chain/chain-deps.ts'
import { printed, type DeskContext, type Handlers } from './context.ts'

/** What could not be processed. */
export function problemHandlers({
  store,
  intake,
  handles,
  bus,
}: DeskContext): Handlers<'problems.list' | 'problems.reprocess' | 'problems.dismiss'> {
  return {
    'problems.list': async () => printed(handles, await store.reader.query('problems.list', {})),
    'problems.reprocess': async ({ id }) => {
      const result = await intake.reprocess(id)
      bus.changed(['problems', 'state'])
      return result
    },
    'problems.dismiss': async ({ id, reason }) => {
      await store.writer.commit('problem', (tx) => {
        if (store.problems.resolve(tx, id, 'dismissed', ANALYST, reason)) return
        throw new TocsinError('problem_missing', 'This problem is not open any more: reload the list.')
      })
      bus.changed(['problems', 'state'])
      return {}
    },
  }
}
