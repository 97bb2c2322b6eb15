import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errorMessage } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { ActionPort } from '../actions/action-port.ts'
import type { ProvenAction, ProvenScenario } from '../../../shared/model/prove.ts'
import { ProveActions } from './prove-actions.ts'
import { MADE_UP_SCHEMA } from './prove-policy.ts'
import { SCENARIOS } from './scenarios/index.ts'
import type { Case, Scenario } from './scenarios/scenario.ts'
import { ScratchDesk } from './scratch-desk.ts'
import { MADE_UP_SECRET } from './scratch-secrets.ts'
import type { StandIn, Stage } from './stand-in.ts'
import { standInOf } from './stand-ins/index.ts'
import type { Subject } from './survey.ts'
import { NotTried, Trial } from './trial.ts'
import type { ProveWorld, SampleEvent } from './world.ts'

/** One scenario of a desk in memory takes some milliseconds: what takes this long will never end. */
const SCENARIO_MS = 20_000

const NO_STAND_IN = 'there is no stand-in for its service'

const MADE_UP_EVENT: SampleEvent = { schema: MADE_UP_SCHEMA, body: new TextEncoder().encode('{}'), file: null }

/**
 * Tries one action in every scenario.
 * @param through what stands between the chains and the registry: nothing, but in a test of the scenarios
 */
export async function proveAction(
  world: ProveWorld,
  subject: Subject,
  through: (registry: ActionPort) => ActionPort = (registry) => registry,
): Promise<ProvenAction> {
  const { uses, origin, proposedBy } = subject
  const standIn = standInOf(uses)
  const about = { uses, origin, proposedBy, standIn: standIn?.service ?? null }
  if (standIn === null) return { ...about, scenarios: SCENARIOS.map((one) => notApplicable(one, NO_STAND_IN)) }
  const scenarios: ProvenScenario[] = []
  for (const scenario of SCENARIOS) scenarios.push(await tryOne(world, { subject, standIn, scenario, through }))
  return { ...about, scenarios }
}

interface Attempt {
  subject: Subject
  standIn: StandIn
  scenario: Scenario
  through: (registry: ActionPort) => ActionPort
}

async function tryOne(world: ProveWorld, attempt: Attempt): Promise<ProvenScenario> {
  const { subject, standIn, scenario } = attempt
  const folder = join(world.folder, `${subject.uses}-${scenario.id}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const given = subject.args ?? standIn.args(subject.uses, world.policies.handles.make(MADE_UP_SECRET))
  const hasSecret = (text: string): boolean => world.secrets.isIn(text)
  const stage = await standIn.open({ uses: subject.uses, args: given, folder, hasSecret })
  try {
    return await tryOn(world, attempt, { stage, given, folder })
  } finally {
    stage.close?.()
  }
}

/** @param given the arguments as they were proposed */
async function tryOn(
  world: ProveWorld,
  { subject, scenario, through }: Attempt,
  { stage, given, folder }: { stage: Stage; given: JsonObject; folder: string },
): Promise<ProvenScenario> {
  const tried = caseOf(world, subject, given, stage)
  const reason = scenario.unless(tried)
  if (reason !== null) return notApplicable(scenario, reason)
  const args = scenario.args?.({ ...tried, args: stage.args }, world.policies.handles.make(MADE_UP_SECRET)) ?? null
  const madeUp = subject.event === null ? { id: 'prove', uses: subject.uses, args: given } : null
  const desk = await ScratchDesk.open(world, folder, {
    stage,
    staging: { uses: subject.uses, madeUp, adapt: (proposed) => args ?? adapted(proposed, given, stage) },
    actions: (registry) => new ProveActions(through(registry), [subject.uses, ...inverseOf(world, subject.uses)]),
  })
  desk.protected.push(...(scenario.protects?.(tried) ?? []))
  const trial = new Trial(desk, subject.uses)
  try {
    await within(SCENARIO_MS, scenario.run(trial, tried), trial)
  } catch (error) {
    if (error instanceof NotTried) return notApplicable(scenario, error.message)
    trial.violates(`The desk failed: ${errorMessage(error)}`)
  } finally {
    await within(SCENARIO_MS, desk.close(), trial).catch((error: unknown) => trial.violates(errorMessage(error)))
  }
  return {
    id: scenario.id,
    title: scenario.title,
    verdict: trial.violations.length === 0 ? 'pass' : 'violation',
    why: trial.violations,
    desk: trial.did,
    remote: { requests: desk.traffic.requests.length, changes: [...stage.made()] },
  }
}

/** The arguments that the stand-in led to itself, whatever else the policy says this time. */
function adapted(proposed: JsonObject, given: JsonObject, stage: Stage): JsonObject {
  const led = Object.entries(stage.args).filter(([name, value]) => given[name] !== value)
  return { ...proposed, ...Object.fromEntries(led) }
}

function caseOf(world: ProveWorld, { uses, event }: Subject, args: JsonObject, stage: Stage): Case {
  const action = world.actions.find(({ definition }) => definition.uses === uses)
  if (action === undefined) throw new Error(`There is no action ${uses}`)
  const { definition } = action
  const prepared = action.prepare(stage.args)
  const isWayBack = definition.undo === null && world.actions.some((one) => one.definition.undo?.uses === uses)
  return {
    uses,
    args,
    event: event ?? MADE_UP_EVENT,
    facts: {
      secretArgs: [...definition.secretArgs],
      canProbe: definition.probe !== undefined,
      isIdempotent: prepared.isIdempotent,
      names: prepared.names(null),
      isIrreversible: definition.irreversible === true,
      canExpire: 'for' in ((action.argsSchema as { properties?: object }).properties ?? {}), // as zod writes an object's
      isContaining: prepared.effect === 'contain' && !isWayBack,
    },
    stage,
  }
}

function inverseOf({ actions }: ProveWorld, uses: string): string[] {
  const undo = actions.find(({ definition }) => definition.uses === uses)?.definition.undo ?? null
  return undo === null ? [] : [undo.uses]
}

function notApplicable({ id, title }: Scenario, why: string): ProvenScenario {
  return { id, title, verdict: 'not_applicable', why: [why], desk: [], remote: null }
}

async function within(ms: number, work: Promise<void>, trial: Trial): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`It did not come to an end within ${ms / 1000} s`)), ms)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    trial.desk.clock.pass(0)
  }
}
