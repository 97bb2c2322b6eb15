import * as crypto from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ReadAccess, newReadToken } from '../../electron/engine/receiver/read-access.ts'
import { SourceGate } from '../../electron/engine/receiver/source-gate.ts'
import { Handles } from '../../electron/engine/secrets/handles.ts'
import { openTestStore, type TestStore } from '../fakes/store.ts'

vi.mock('node:crypto', async (importOriginal) => {
  const real = await importOriginal<typeof crypto>()
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) }
})

const compared = vi.mocked(crypto.timingSafeEqual)

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
  compared.mockClear()
})
afterEach(() => store.close())

/** As long as the right one, and as much alike as can be. */
const almost = (token: string): string => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')

describe('what somebody else says is compared in constant time', () => {
  it("[S15] the receiver's own token", () => {
    const gate = new SourceGate(store, store.clock)
    expect([gate.verify(gate.ownToken), compared.mock.calls.length]).toEqual(['', 1])
    expect([gate.verify(almost(gate.ownToken)), compared.mock.calls.length]).toEqual([null, 2])
  })

  it("[S15] a source's token, with every source", async () => {
    const made = await store.writer.commit('source', (tx) => [
      store.sources.create(tx, 'a', 'analyst'),
      store.sources.create(tx, 'b', 'analyst'),
    ])
    const [first] = made
    compared.mockClear()
    expect(store.sources.verify(first?.token ?? '')?.name).toBe('a')
    expect(store.sources.verify(almost(first?.token ?? ''))).toBeNull()
    expect(compared).toHaveBeenCalledTimes(4)
  })

  it('[S15] the token for reading', async () => {
    const { token, sha256 } = newReadToken()
    await store.writer.commit('setting', (tx) => store.settings.set(tx, { 'read.tokenSha256': sha256 }, 'analyst'))
    const access = new ReadAccess(store.settings, { graphql: null, command: 'serve' })
    compared.mockClear()
    expect([access.isToken(token), access.isToken(almost(token)), compared.mock.calls.length]).toEqual([true, false, 2])
  })

  it('[S15] the code of a handle', () => {
    const handles = new Handles(Buffer.alloc(32, 7))
    const handle = handles.make('KEY')
    compared.mockClear()
    expect([handles.find(handle), handles.find(almost(handle).toLowerCase())]).toEqual([['KEY'], []])
    expect(compared).toHaveBeenCalled()
  })
})
