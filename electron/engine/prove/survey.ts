import { join } from 'node:path'
import type { JsonObject } from '../../../shared/model/json.ts'
import { argsObject } from '../chain/rounds/proposals.ts'
import { ACTION_NAMES } from '../actions/action-names.ts'
import { SurveyActions } from './prove-actions.ts'
import { ScratchDesk } from './scratch-desk.ts'
import type { ProveWorld, SampleEvent } from './world.ts'

/** An action to try, with the proposal to try it with. */
export interface Subject {
  uses: string
  origin: 'policy' | 'made_up'
  proposedBy: string
  /** Null where it cannot be tried: there is no stand-in. */
  args: JsonObject | null
  event: SampleEvent | null
}

export interface Survey {
  subjects: Subject[]
  notes: string[]
}

type Proposals = Map<string, Subject>

/**
 * Finds what to try: what the policies propose for the workspace's sample events, and every other action that contains.
 * @param only one action, whatever its effect; null: all that contain
 */
export async function survey(world: ProveWorld, samples: readonly SampleEvent[], only: string | null): Promise<Survey> {
  const proposals: Proposals = new Map()
  const notes: string[] = []
  for (const sample of samples) await look(world, sample, { proposals, notes, only })
  const known = [...world.actions.map(({ definition }) => definition.uses), ...world.declared.map(({ uses }) => uses)]
  const others = (only === null ? known.filter((uses) => declaredOf(world, uses) === 'contain') : [only])
    .filter((uses) => !proposals.has(uses))
    .map((uses) => madeUp(uses))
  return { subjects: [...proposals.values(), ...others], notes }
}

async function look(
  world: ProveWorld,
  sample: SampleEvent,
  { proposals, notes, only }: { proposals: Proposals; notes: string[]; only: string | null },
): Promise<void> {
  const desk = await ScratchDesk.open(world, join(world.folder, `survey-${sample.schema}`), {
    stage: { args: {}, made: () => [] },
    staging: { uses: null, madeUp: null, adapt: (args) => args },
    actions: (registry) => new SurveyActions(registry),
  })
  try {
    const { answer, actions } = await desk.deliver(sample)
    if (answer.kind === 'problem') notes.push(`${sample.file ?? ''}: ${answer.problem.message}`)
    for (const { uses: name, args, effect, error, state } of actions) {
      const uses = ACTION_NAMES[name] ?? name
      if (proposals.has(uses) || (only === null ? (effect ?? declaredOf(world, uses)) !== 'contain' : uses !== only))
        continue
      // What another one's failure ended can be tried all the same.
      const isOwn = world.declared.some((one) => one.uses === uses)
      if (error !== null && state !== 'superseded' && !isOwn)
        notes.push(`${sample.file ?? ''}: ${name} is proposed and cannot run: ${error.message}`)
      else
        proposals.set(uses, {
          uses,
          origin: 'policy',
          proposedBy: sample.file ?? '',
          args: argsObject(args),
          event: sample,
        })
    }
  } finally {
    await desk.close()
  }
}

/** Of a proposal whose arguments say nothing of it. */
function declaredOf({ actions, declared }: ProveWorld, uses: string): string | null {
  const builtIn = actions.find(({ definition }) => definition.uses === uses)?.declared.effect
  return builtIn ?? declared.find((one) => one.uses === uses)?.effect ?? null
}

function madeUp(uses: string): Subject {
  const proposedBy = 'made up: no sample event of the workspace leads to it'
  return { uses, origin: 'made_up', proposedBy, args: null, event: null }
}
