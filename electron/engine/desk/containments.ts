import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { ContainmentRow } from '../../../shared/model/containment.ts'
import type { ActionPort } from '../actions/action-port.ts'
import { printed, type DeskContext, type Handlers } from './context.ts'

/** What is in force, and taking it back. */
export function containmentHandlers({
  store,
  chains,
  actions,
  handles,
}: DeskContext): Handlers<'containments.list' | 'containments.undo' | 'containments.verify' | 'containments.lift'> {
  return {
    'containments.list': async () => {
      const { rows, total } = await store.reader.query('containments.list', {})
      return {
        total,
        rows: rows.map(
          ({ args, result, ...row }) =>
            printed<ContainmentRow>(handles, { ...row, undo: undoOf(actions, row.uses, args as JsonObject, result) }), // the schema of `attempt.args`
        ),
      }
    },
    'containments.undo': ({ attemptId }) => chains.undo(attemptId),
    'containments.verify': async ({ attemptId }) => {
      await chains.verify(attemptId)
      return {}
    },
    'containments.lift': async ({ attemptId, reason }) => {
      await chains.lift(attemptId, reason)
      return {}
    },
  }
}

/** What undoing would be, in the inverse action's own words; null where there is no inverse, or the result is gone. */
function undoOf(
  actions: ActionPort,
  uses: string,
  args: JsonObject,
  result: JsonValue | undefined,
): ContainmentRow['undo'] {
  const inverse = result === undefined ? null : actions.inverse(uses, args, result)
  if (inverse === null) return null
  return { uses: inverse.uses, title: actions.describe(inverse.uses, inverse.args)?.title ?? inverse.uses }
}
