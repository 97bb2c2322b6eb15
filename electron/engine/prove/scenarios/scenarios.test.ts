import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TEST_MACHINE } from '../../../../tests/fakes/machine.ts'
import { FakeLog } from '../../../../tests/fakes/ports.ts'
import type { ActionPlan, ActionPort } from '../../actions/action-port.ts'
import { builtInActions } from '../../actions/action-list.ts'
import { systemIds } from '../../ports/system-ports.ts'
import { Handles } from '../../secrets/handles.ts'
import { DEFAULT_SETTINGS } from '../../store/setting-store.ts'
import { openPolicies, type OpenPolicies } from '../load.ts'
import { proveAction } from '../prove-action.ts'
import { ScratchSecrets } from '../scratch-secrets.ts'
import type { ProveWorld } from '../world.ts'

/** Desks that are wrong on purpose: a proof that finds nothing wrong with them proves nothing. */
const log = new FakeLog()
let root: string
let folder: string
let policies: OpenPolicies

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tocsin-scenarios-'))
  writeFileSync(join(root, 'main.rego'), 'package action\nrun := set()\n')
  policies = await openPolicies(root, { cache: null, handles: new Handles(Buffer.alloc(32, 7)), log })
})
afterAll(async () => {
  await policies.close()
  rmSync(root, { recursive: true, force: true })
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** @returns by scenario what is violated when chains run this instead of the registry */
async function violated(
  wrong: (real: ActionPort) => Partial<ActionPort>,
  uses = 'okta.suspend_user',
): Promise<Record<string, string[]>> {
  const world: ProveWorld = {
    policies,
    secrets: new ScratchSecrets([]),
    settings: DEFAULT_SETTINGS,
    machine: TEST_MACHINE,
    env: {},
    policyDir: root,
    appDir: '/nowhere/app',
    folder,
    actions: builtInActions(),
    declared: [],
    ids: systemIds,
    log,
  }
  const subject = { uses, origin: 'made_up', proposedBy: '', args: null, event: null } as const
  const { scenarios } = await proveAction(world, subject, (real) => overlaid(real, wrong(real)))
  return Object.fromEntries(
    scenarios.filter(({ verdict }) => verdict === 'violation').map(({ id, why }) => [id, [...why]]),
  )
}

function overlaid(real: ActionPort, wrong: Partial<ActionPort>): ActionPort {
  return {
    describe: (...args) => real.describe(...args),
    plan: (...args) => real.plan(...args),
    run: (...args) => real.run(...args),
    probe: (...args) => real.probe(...args),
    confirm: (...args) => real.confirm(...args),
    verify: (...args) => real.verify(...args),
    inverse: (...args) => real.inverse(...args),
    ...wrong,
  }
}

describe('scenarios', () => {
  test('find nothing wrong with the registry', async () => {
    expect(await violated(() => ({}))).toEqual({})
  })

  test('find a probe that says of what was done that it was not', async () => {
    const found = await violated(
      (real) => ({
        describe: (...args) => {
          const facts = real.describe(...args)
          return facts && { ...facts, canProbe: true }
        },
        probe: () => Promise.resolve({ state: 'not_done' }),
      }),
      'http.fetch',
    )
    expect(found).toEqual({ killed_after_effect: ['It was carried out 2 times'] })
  })

  test('find a desk that calls succeeded what never reached the service', async () => {
    const found = await violated((real) => ({
      async run(...args) {
        const outcome = await real.run(...args)
        return outcome.outcome === 'succeeded' ? outcome : { outcome: 'succeeded', result: null }
      },
    }))
    const sentence = 'The desk says that it succeeded, and the remote carried nothing out'
    expect(found).toMatchObject({ no_answer: [sentence], refused: [sentence] })
  })

  test('find a desk that calls failed what the service carried out', async () => {
    const found = await violated((real) => ({
      async run(...args) {
        await real.run(...args)
        return { outcome: 'failed', error: { code: 'wrong', message: 'wrong' } }
      },
    }))
    const sentence = 'The desk says Failed, and the remote carried it out'
    expect(found).toMatchObject({ slow_answer: [sentence], answer_lost: [sentence], rate_limited: [sentence] })
  })

  test('find an effect that is sent again although its answer was lost', async () => {
    const found = await violated(
      (real) => ({
        async run(...args) {
          await real.run(...args)
          return real.run(...args)
        },
      }),
      'http.fetch',
    )
    expect(found['answer_lost']).toContain('It was carried out 2 times')
    expect(found['no_answer']).toContain('The request was sent 2 times although it may have taken effect')
    expect(found['approved_twice']).toEqual(['It was carried out 2 times'])
  })

  test('find an approval that does not hold the desk to the target that the card showed', async () => {
    let first: Promise<ActionPlan> | null = null
    const found = await violated(
      (real) => ({
        plan: (...args) => (first ??= real.plan(...args)),
        run: async (intent, subject, signal) =>
          real.run({ ...intent, plan: await real.plan(intent.uses, intent.args, subject) }, subject, signal),
      }),
      'file.quarantine',
    )
    expect(found['target_changed']).toContain('It was carried out on a target that was not the one of the card')
  })

  test('find a containment that nobody takes back when its time is up', async () => {
    const found = await violated((real) => ({
      describe: (...args) => {
        const facts = real.describe(...args)
        return facts && { ...facts, expiry: null }
      },
    }))
    expect(found).toEqual({ time_is_up: ['Nothing is proposed that takes it back'] })
  })

  test('find what cannot be taken back and is approved by a click', async () => {
    const found = await violated(
      (real) => ({
        describe: (...args) => {
          const facts = real.describe(...args)
          return facts && { ...facts, isIrreversible: false }
        },
      }),
      'okta.clear_sessions',
    )
    expect(found).toEqual({ target_not_typed: ['An approval counted that typed “”', 'It was carried out'] })
  })

  test('find a secret that leaves in an argument that takes none', async () => {
    const found = await violated(
      (real) => ({
        describe: (uses, args) => real.describe(uses, { ...(args as object), method: 'POST' }),
        plan: (uses, args, ...rest) => real.plan(uses, { ...args, method: 'POST' }, ...rest),
        run: (intent, ...rest) => real.run({ ...intent, args: { ...intent.args, method: 'POST' } }, ...rest),
      }),
      'http.fetch',
    )
    expect(Object.keys(found)).toEqual(['handle_elsewhere'])
  })
})
