import type { ActionView, ChainView } from '../../../shared/model/views.ts'
import { printed, type DeskContext, type Handlers } from './context.ts'

/** One chain: what it did, stop, re-run. */
export function chainHandlers(
  context: DeskContext,
): Handlers<'chains.get' | 'chains.stop' | 'chains.rerunPreview' | 'chains.rerun' | 'attempts.result'> {
  const { store, chains, policy, handles, actions } = context
  const canBeUndone = (action: ActionView, versionId: string): boolean => {
    const attempt = action.attempts.findLast(({ outcome }) => outcome === 'succeeded')
    if (!action.canBeUndone || attempt === undefined) return false
    return actions.describe(action.uses, attempt.args, versionId)?.undo !== null
  }
  return {
    'chains.get': async (arg) => {
      const view = await store.reader.query('chains.get', arg)
      const rounds = view.rounds.map((round) => ({
        ...round,
        actions: round.actions.map((action) => ({ ...action, canBeUndone: canBeUndone(action, view.policyVersionId) })),
      }))
      return printed(handles, { ...view, rounds })
    },
    'chains.stop': ({ id, reason }) => chains.stopChain(id, reason),
    'chains.rerunPreview': async (arg) => {
      const view = await store.reader.query('chains.get', { id: arg.id })
      const preview = chains.rerunPreview(arg)
      const effects = preview.effects.map((effect) => ({ ...effect, at: doneAt(view, effect.actionId) }))
      return { effects, refusal: preview.refusal, currentPolicyNumber: policy.live()?.number ?? view.policyNumber }
    },
    'chains.rerun': (arg) => chains.rerun(arg),
    'attempts.result': async (arg) => printed(handles, await store.reader.query('attempts.result', arg)),
  }
}

/** When an action took effect (epoch ms). */
function doneAt(view: ChainView, actionId: string): number {
  const action = view.rounds.flatMap((round) => round.actions).find(({ id }) => id === actionId)
  return action?.settledAt ?? action?.proposedAt ?? view.createdAt
}
