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
        rows: rows.map(({ args, result, policyVersionId, ...row }) =>
          printed<ContainmentRow>(handles, {
            ...row,
            // The schema of `attempt.args`.
            undo: undoOf(actions, { uses: row.uses, args: args as JsonObject, result, policyVersionId }),
          }),
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
  done: { uses: string; args: JsonObject; result: JsonValue | undefined; policyVersionId: string },
): ContainmentRow['undo'] {
  const { uses, args, result, policyVersionId } = done
  const inverse = result === undefined ? null : actions.inverse(uses, args, result, policyVersionId)
  if (inverse === null) return null
  const facts = actions.describe(inverse.uses, inverse.args, policyVersionId)
  return { uses: inverse.uses, title: facts?.title ?? inverse.uses }
}
