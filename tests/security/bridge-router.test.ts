import { describe, expect, it } from 'vitest'
import { isTrusted, Router, type CallSender } from '../../electron/bridge/router.ts'
import { callNames, contract, type CallName } from '../../shared/contract.ts'
import { TocsinError } from '../../shared/errors.ts'

const ORIGIN = 'app://desk'
const OWN: CallSender = { origin: ORIGIN, isMainFrame: true, isKnown: true }

function routerWith(target: (name: CallName, arg: unknown) => unknown = () => null) {
  const refused: string[] = []
  const calls: { name: CallName; arg: unknown }[] = []
  const router = new Router({
    origin: ORIGIN,
    target: async (name, arg) => {
      calls.push({ name, arg })
      return { ok: true, value: await target(name, arg) }
    },
    onRefused: (code) => refused.push(code),
  })
  return { router, refused, calls }
}

/** Payloads that no call may accept as they are; `n` makes each of the 200 different. */
function wrongPayload(n: number): unknown {
  const cyclic: Record<string, unknown> = { n }
  cyclic['self'] = cyclic
  const makers: (() => unknown)[] = [
    () => undefined,
    () => null,
    () => n,
    () => `text ${n}`,
    () => [n],
    () => true,
    () => BigInt(n),
    () => Symbol(String(n)),
    () => () => n,
    () => new Map([[n, n]]),
    () => new Date(n),
    () => new Uint8Array(n),
    () => ({ [`extra${n}`]: n }),
    () => JSON.parse(`{"__proto__":{"n":${n}}}`) as unknown,
    () => ({ constructor: { prototype: { n } } }),
    () => ({ id: n, ids: 'x', reason: n, actionId: {}, name: [], filter: n, changes: n, mode: n, address: n }),
    () => ({ id: '', ids: [], name: '', actionId: '', reason: '   ', n }),
    () => ({ id: 'x'.repeat(10_000_000 + n), note: n }),
    () => cyclic,
    () => nested(200 + n),
  ]
  return makers[n % makers.length]?.()
}

function nested(depth: number): unknown {
  let value: unknown = 'leaf'
  for (let n = 0; n < depth; n += 1) value = { value }
  return value
}

describe('router', () => {
  it('passes a good call with its parsed argument', async () => {
    const { router, calls } = routerWith(() => 'fine')
    expect(await router.handle(OWN, 'alerts.get', { id: 'a' })).toEqual({ ok: true, value: 'fine' })
    expect(await router.handle(OWN, 'alerts.facets', { filter: {} })).toEqual({ ok: true, value: 'fine' })
    expect(calls).toEqual([
      { name: 'alerts.get', arg: { id: 'a' } },
      {
        name: 'alerts.facets',
        arg: { filter: { triage: [], severities: [], sources: [], waitingOnly: false, text: '' } },
      },
    ])
  })

  it.each(callNames)('[S4] answers 200 wrong payloads of %s with a coded refusal', async (name) => {
    const { router, calls, refused } = routerWith()
    for (let n = 0; n < 200; n += 1) {
      const payload = wrongPayload(n)
      const answer = await router.handle(OWN, name, payload)
      expect(answer, `payload ${n} of ${name}`).toMatchObject({
        ok: false,
        error: { code: expect.stringMatching(/^(bad_argument|argument_too_large)$/) as string },
      })
      expect(JSON.stringify(answer).length).toBeLessThan(5000)
    }
    expect(calls).toEqual([])
    expect(refused).toHaveLength(200)
  })

  it.each([
    'nothing.here',
    'desk',
    'desk.state ',
    'toString',
    '__proto__',
    'constructor',
    '',
    7,
    null,
    undefined,
    { name: 'desk.state' },
    ['desk.state'],
    'x'.repeat(100_000),
  ])('[S4] refuses a call that the contract does not have: %.20s', async (name) => {
    const { router, calls } = routerWith()
    const answer = await router.handle(OWN, name, {})
    expect(answer).toMatchObject({ ok: false, error: { code: 'unknown_call' } })
    expect(JSON.stringify(answer).length).toBeLessThan(300)
    expect(calls).toEqual([])
  })

  it('[S4] has exactly the calls of the contract', () => {
    expect([...callNames].sort()).toEqual(Object.keys(contract).sort())
    expect(callNames.every((name) => /^[a-z]+\.[a-zA-Z]+$/.test(name))).toBe(true)
  })

  it.each<[string, CallSender]>([
    ['an unknown window', { ...OWN, isKnown: false }],
    ['a frame inside our window', { ...OWN, isMainFrame: false }],
    ['a frame that is gone', { ...OWN, origin: null }],
    ['another origin', { ...OWN, origin: 'https://evil.test' }],
    ['a longer name', { ...OWN, origin: 'app://desk.evil' }],
    ['a longer path', { ...OWN, origin: 'app://desk/' }],
    ['another case', { ...OWN, origin: 'APP://desk' }],
    ['an opaque origin', { ...OWN, origin: 'null' }],
    ['an empty origin', { ...OWN, origin: '' }],
    ['a file', { ...OWN, origin: 'file://' }],
  ])('[S5] refuses %s', async (_what, sender) => {
    const { router, refused, calls } = routerWith()
    expect(isTrusted(sender, ORIGIN)).toBe(false)
    const answer = await router.handle(sender, 'desk.state', {})
    expect(answer).toMatchObject({ ok: false, error: { code: 'untrusted_sender' } })
    expect([refused, calls]).toEqual([['untrusted_sender'], []])
  })

  it('answers what a handler throws by its code and never by its text', async () => {
    const { router } = routerWith((name) => {
      if (name === 'desk.state') throw new TocsinError('store_full', 'The disk is full.', { details: { free: 0 } })
      if (name === 'chains.get') throw Object.assign(new Error('no such file /home/u/secret'), { code: 'ENOENT' })
      // oxlint-disable-next-line typescript/only-throw-error -- what a bad library may do
      throw 'password hunter2'
    })
    expect(await router.handle(OWN, 'desk.state', {})).toEqual({
      ok: false,
      error: { code: 'store_full', message: 'The disk is full.', details: { free: 0 } },
    })
    const message = 'Something failed inside Tocsin; the log says what.'
    expect(await router.handle(OWN, 'chains.get', { id: 'c' })).toEqual({
      ok: false,
      error: { code: 'ENOENT', message },
    })
    expect(await router.handle(OWN, 'events.get', { id: 'e' })).toEqual({
      ok: false,
      error: { code: 'internal', message },
    })
  })

  it('names the argument that is wrong', async () => {
    const { router } = routerWith()
    const answer = await router.handle(OWN, 'secrets.set', { name: 'API_KEY', value: 'short', hosts: [] })
    expect(answer).toMatchObject({ ok: false, error: { message: 'value: A secret has at least 8 characters' } })
  })
})
