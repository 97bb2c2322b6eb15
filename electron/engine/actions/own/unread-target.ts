import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import { jsonObject, type JsonObject, type JsonValue } from '../../../../shared/model/json.ts'
import { canonicalJson } from '../../forms/canonical.ts'
import type { Action, PreparedAction, ReadContext, Reading, RunContext } from '../action-definition.ts'

/** What stands for the state of a target that nobody has looked at. */
const UNREAD: JsonObject = { script: 'not trusted, so it was not asked' }

const boundSchema = z.looseObject({ state: jsonObject })

/** Whether this is no state: nobody has looked. */
export function isUnread(state: JsonObject): boolean {
  return canonicalJson(state) === canonicalJson(UNREAD)
}

/**
 * An action whose target is read by a script: what nobody has trusted or approved does not run, not even to look. It is planned
 * without a look then. Approved all the same, it looks before it acts: that is what it changes, and what an undo restores.
 * What the desk does by itself afterwards (confirming, looking after a crash, every hour) was approved by nobody.
 * @param mustAsk why the script may not be run without being asked; null where it may
 */
export function lookingLate(action: Action, mustAsk: () => string | null): Action {
  const prepare = (args: JsonValue): PreparedAction => {
    const prepared = action.prepare(args)
    const { read, confirm, verify, probe } = prepared
    if (read === null) return prepared
    /** What looks by itself, while the script may. */
    const trusted =
      <Given extends unknown[], Found>(look: (...given: Given) => Promise<Found>) =>
      async (...given: Given): Promise<Found> => {
        const why = mustAsk()
        if (why !== null) throw new TocsinError('script_not_trusted', `${why}: it was not asked.`)
        return look(...given)
      }
    return {
      ...prepared,
      read: (context) => (mustAsk() === null ? read(context) : Promise.resolve(unread(prepared.target))),
      run: async (context) => prepared.run(await looked(read, context)),
      confirm: confirm && trusted(confirm),
      verify: verify && trusted(verify),
      probe: probe && trusted(probe),
    }
  }
  return {
    definition: action.definition,
    get argsSchema() {
      return action.argsSchema
    },
    get declared() {
      return action.declared
    },
    prepare,
  }
}

async function looked(read: (context: ReadContext) => Promise<Reading>, context: RunContext): Promise<RunContext> {
  const { intent } = context
  const bound = boundSchema.parse(intent.plan.bound)
  if (!isUnread(bound.state)) return context
  const { id, state } = await read(context)
  // The rest of what is bound is JSON, as the plan is.
  const plan = { ...intent.plan, bound: { ...(bound as JsonObject), id, state } }
  return { ...context, intent: { ...intent, plan } }
}

function unread(target: string): Reading {
  return { id: target, state: UNREAD, rows: [{ key: 'Target', value: target }] }
}
