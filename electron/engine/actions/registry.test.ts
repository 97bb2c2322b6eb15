import { describe, expect, it } from 'vitest'
import { secretsOf } from '../../../tests/fakes/action-kit.ts'
import { TocsinError } from '../../../shared/errors.ts'
import { jsonObject, type JsonObject } from '../../../shared/model/json.ts'
import { HttpFailure } from '../http/http-failure.ts'
import type { Clock, Log } from '../ports/ports.ts'
import { Environment } from '../secrets/env.ts'
import { Handles } from '../secrets/handles.ts'
import { Redactor } from '../secrets/redact.ts'
import { defineAction, UnknownOutcome, type ActionDefinition, type Reading } from './action-definition.ts'
import type { Intent, ProbeOutcome } from './action-port.ts'
import { ActionRegistry } from './registry.ts'

const handles = new Handles(Buffer.alloc(32, 7))
const subject = { alertId: 'a', alert: {}, chainId: 'c' }
const quiet = (): void => {}
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

type Args = JsonObject

/** The smallest action, changed where a test needs it. */
function registryOf(change: Partial<ActionDefinition<Args>>, clock: Partial<Clock> = {}): ActionRegistry {
  const definition: ActionDefinition<Args> = {
    uses: 'test.act',
    args: jsonObject,
    secretArgs: ['secret_key'],
    lockedArgs: [],
    timeoutMs: 1000,
    retryDelaysMs: [],
    undo: null,
    effect: () => 'notify',
    title: () => 'Act',
    target: () => '',
    effectSentence: () => 'Acts.',
    isIdempotent: () => false,
    plan: () => Promise.resolve({ rows: [], bound: null }),
    run: () => Promise.resolve(null),
    ...change,
  }
  const redactor = new Redactor()
  const environment = new Environment({
    secrets: secretsOf({ KEY: 'the secret itself' }),
    handles,
    redactor,
    processEnv: {},
    settings: () => ({ 'env.variables': {}, 'env.process': [] }),
    log,
  })
  const now: Clock = { now: () => 0, nowNs: () => '0', after: () => quiet, ...clock }
  return new ActionRegistry({ environment, handles, redactor, clock: now, log }, [defineAction(definition)])
}

function intent(args: JsonObject = {}, uses = 'test.act'): Intent {
  return { key: 'k', uses, args, plan: { rows: [], bound: null } }
}

const noStop = (): AbortSignal => new AbortController().signal

describe('ActionRegistry', () => {
  it('knows no action that is not there', async () => {
    const registry = registryOf({})
    expect(registry.describe('nope', {})).toBe(null)
    expect(registry.inverse('nope', {}, null)).toBe(null)
    await expect(registry.plan('nope', {}, subject)).rejects.toMatchObject({ code: 'action_not_found' })
    expect(await registry.run(intent({}, 'nope'), subject, noStop())).toMatchObject({
      outcome: 'failed',
      error: { code: 'action_not_found' },
    })
  })

  it('resolves a handle for `run` only, and takes its value out of what comes back', async () => {
    const seen: unknown[] = []
    const registry = registryOf({
      plan: async (args) => {
        seen.push(args.secret_key)
        return { rows: [{ key: 'Key', value: JSON.stringify(args.secret_key) }], bound: null }
      },
      run: async (args, { secrets }) => {
        seen.push(args.secret_key, secrets)
        return { echo: args.secret_key ?? null }
      },
    })
    const args = { secret_key: handles.make('KEY') }
    expect((await registry.plan('test.act', args, subject)).rows).toEqual([{ key: 'Key', value: '"‹KEY›"' }])
    expect(await registry.run(intent(args), subject, noStop())).toEqual({
      outcome: 'succeeded',
      result: { echo: '[REDACTED]' },
    })
    expect(seen).toEqual([handles.make('KEY'), 'the secret itself', [{ name: 'KEY', hosts: [] }]])
  })

  describe('reads the target for a plan', () => {
    const args = { secret_key: handles.make('KEY') }
    const plan: ActionDefinition<Args>['plan'] = async (_args, _subject, reading) => ({
      rows: reading?.rows ?? [],
      bound: { state: reading?.state ?? null },
    })

    it('[S10] with secrets in place, which neither the plan nor an error holds', async () => {
      const read = async (given: Args): Promise<Reading> => ({
        id: 'i',
        state: { key: given.secret_key ?? null },
        rows: [{ key: 'Key', value: `it is ${JSON.stringify(given.secret_key)}` }],
      })
      expect(await registryOf({ plan, read }).plan('test.act', args, subject)).toEqual({
        rows: [{ key: 'Key', value: 'it is "[REDACTED]"' }],
        bound: { state: { key: '[REDACTED]' } },
        names: ['', '', 'i', 'it is "[REDACTED]"'],
      })
      const refusing = registryOf({
        plan,
        read: (given) => Promise.reject(new TocsinError('x', `no ${JSON.stringify(given.secret_key)}`)),
      })
      await expect(refusing.plan('test.act', args, subject)).rejects.toMatchObject({
        code: 'x',
        message: 'no "[REDACTED]"',
      })
    })

    it('again where a failure may pass, and not where it stays', async () => {
      const failures = [
        new HttpFailure('net_reset', 'broke', { hasLeft: true }),
        new HttpFailure('http_status', 'busy', { hasLeft: true, status: 503 }),
      ]
      const read = async (): Promise<Reading> => {
        const failure = failures.shift()
        if (failure) throw failure
        return { id: 'i', state: { n: 1 }, rows: [] }
      }
      const after: Clock['after'] = (_delayMs, callback) => {
        queueMicrotask(callback)
        return quiet
      }
      const registry = registryOf({ plan, read, timeoutMs: 10_000 }, { after })
      expect(await registry.plan('test.act', {}, subject)).toMatchObject({ bound: { state: { n: 1 } } })
      failures.push(new HttpFailure('http_status', 'refused', { hasLeft: true, status: 403 }))
      await expect(registry.plan('test.act', {}, subject)).rejects.toMatchObject({ code: 'http_status' })
    })
  })

  it('has no inverse for what was so already', () => {
    const registry = registryOf({ inverse: () => ({ uses: 'test.undo', args: {} }) })
    expect(registry.inverse('test.act', {}, { changed: true, before: {} })).toMatchObject({ uses: 'test.undo' })
    expect(registry.inverse('test.act', {}, { changed: false, before: {} })).toBe(null)
  })

  it('fails what was stopped before it began, and what is out of time', async () => {
    const stopped = AbortSignal.abort()
    expect(await registryOf({}).run(intent(), subject, stopped)).toMatchObject({ error: { code: 'stopped' } })
    let time = 0
    const slow = registryOf(
      {
        run: async (_args, { check }) => {
          time = 1000
          check()
          return null
        },
      },
      { now: () => time },
    )
    expect(await slow.run(intent(), subject, noStop())).toMatchObject({
      outcome: 'failed',
      error: { code: 'timed_out' },
    })
  })

  it('waits between tries only while a repeat is safe, and stops waiting when stopped', async () => {
    const stop = new AbortController()
    let tries = 0
    const registry = registryOf(
      {
        retryDelaysMs: [10, 10],
        run: async () => {
          tries += 1
          throw new HttpFailure('net_unreachable', 'nobody there')
        },
      },
      {
        after: () => {
          stop.abort()
          return quiet
        },
      },
    )
    expect(await registry.run(intent(), subject, stop.signal)).toMatchObject({ error: { code: 'stopped' } })
    expect(tries).toBe(1)
  })

  it('[S10] takes a secret that came up on the way out of what comes back', async () => {
    const registry = registryOf({
      run: async (_args, { protect }) => {
        protect('ya29.an-access-token')
        throw new TocsinError('x', 'refused: ya29.an-access-token')
      },
    })
    expect(await registry.run(intent(), subject, noStop())).toMatchObject({
      error: { message: 'refused: [REDACTED]' },
    })
  })

  it('cannot probe what has no probe', async () => {
    expect(await registryOf({}).probe(intent(), subject, noStop())).toMatchObject({ state: 'unknown' })
  })

  const lost = new HttpFailure('net_timeout', 'no answer', { hasLeft: true })
  const done: ProbeOutcome = { state: 'done', result: 1 }
  it.each<[string, Error, ProbeOutcome | Error | null, object]>([
    ['a lost answer', lost, null, { outcome: 'unknown' }],
    ['a lost answer, done', lost, done, { outcome: 'succeeded', result: 1 }],
    ['a lost answer, not done', lost, { state: 'not_done' }, { outcome: 'failed' }],
    ['a lost answer, not known', lost, { state: 'unknown', message: '' }, { outcome: 'unknown' }],
    ['a lost answer, and the probe fails', lost, new Error('probe'), { outcome: 'unknown' }],
    ['a defect', new Error('bug'), null, { outcome: 'failed', error: { code: 'internal', message: 'bug' } }],
    ['a defect after the effect', new Error('bug'), done, { outcome: 'succeeded', result: 1 }],
    ['a defect before the effect', new Error('bug'), { state: 'not_done' }, { outcome: 'failed' }],
    ['a defect, not known', new Error('bug'), { state: 'unknown', message: '' }, { outcome: 'unknown' }],
    [
      'a failure',
      new TocsinError('file_missing', 'gone'),
      done,
      { outcome: 'failed', error: { code: 'file_missing' } },
    ],
    ['what is unknown', new UnknownOutcome('x', 'look'), done, { outcome: 'unknown', error: { code: 'x' } }],
  ])('[S24] settles %s', async (_what, error, probed, expected) => {
    const probe = async (): Promise<ProbeOutcome> => {
      if (probed === null || probed instanceof Error) throw probed ?? new Error('no probe')
      return probed
    }
    const registry = registryOf({ run: () => Promise.reject(error), ...(probed === null ? {} : { probe }) })
    expect(await registry.run(intent(), subject, noStop())).toMatchObject(expected)
  })

  describe('[S10] what a probe says', () => {
    const withSecret = intent({ secret_key: handles.make('KEY') })
    const probe = (args: Args): Promise<ProbeOutcome> =>
      Promise.resolve({ state: 'done', result: { key: args.secret_key ?? null, handle: handles.make('KEY') } })
    const clean = { key: '[REDACTED]', handle: expect.not.stringContaining(handles.make('KEY')) as string }

    it('of a result holds neither a secret nor its handle', async () => {
      const found = await registryOf({ probe }).probe(withSecret, subject, noStop())
      expect(found).toMatchObject({ state: 'done', result: clean })
    })

    it('of a result after an error holds neither as well', async () => {
      const registry = registryOf({ probe, run: () => Promise.reject(lost) })
      expect(await registry.run(withSecret, subject, noStop())).toMatchObject({ outcome: 'succeeded', result: clean })
    })

    it('of what nobody knows holds neither', async () => {
      const message = async (args: Args): Promise<ProbeOutcome> => ({
        state: 'unknown',
        message: `look at ${JSON.stringify(args.secret_key)} and ${handles.make('KEY')}`,
      })
      expect(await registryOf({ probe: message }).probe(withSecret, subject, noStop())).toEqual({
        state: 'unknown',
        message: 'look at "[REDACTED]" and ‹KEY›',
      })
    })
  })

  it('counts a lost answer of an idempotent action as failed: it can be repeated', async () => {
    const registry = registryOf({ isIdempotent: () => true, run: () => Promise.reject(lost) })
    expect(await registry.run(intent(), subject, noStop())).toMatchObject({ outcome: 'failed' })
  })
})
