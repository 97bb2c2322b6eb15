import { TocsinError } from '../../../shared/errors.ts'
import { ANALYST } from '../chain/chain-deps.ts'
import { LOOKUP_FAILED } from '../report/dead-letters.ts'
import { printed, type DeskContext, type Handlers } from './context.ts'

/** What could not be processed. */
export function problemHandlers(
  context: DeskContext,
): Handlers<'problems.list' | 'problems.reprocess' | 'problems.dismiss'> {
  const { store, intake, handles, bus } = context
  return {
    'problems.list': async () => printed(handles, await store.reader.query('problems.list', {})),
    'problems.reprocess': async ({ id }) => {
      const result = (await askAgain(context, id)) ?? (await intake.reprocess(id))
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

/** A question that was asked in vain is asked again. @returns null where the problem is another one */
async function askAgain(
  { store, reports }: DeskContext,
  id: string,
): Promise<{ processed: number; deleted: number; alerts: number; isResolved: boolean } | null> {
  const problem = store.problems.get(id)
  if (problem?.code !== LOOKUP_FAILED || reports === null || problem.resolvedAt !== null) return null
  const { lookup } = problem.details as { lookup: string } // written by `noteDead`
  const processed = await reports.askAgain(lookup)
  await store.writer.commit('problem', (tx) => store.problems.resolve(tx, id, 'processed', ANALYST))
  return { processed, deleted: 0, alerts: 0, isResolved: true }
}
