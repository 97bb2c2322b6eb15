import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../../tests/fakes/action-kit.ts'
import {
  CLOUDFLARE_ACCOUNT,
  CLOUDFLARE_LIST,
  LIST_PATH,
  startFakeCloudflare,
  type FakeCloudflare,
} from '../../../../tests/fakes/fake-cloudflare.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { RunOutcome } from '../action-port.ts'
import { changedSince } from '../prior-state.ts'

const BLOCK = 'cloudflare.block_ip'
const UNBLOCK = 'cloudflare.unblock_ip'
const TOKEN = 'the-token-of-cloudflare'
const ITEMS = `${LIST_PATH}/items`

let fake: FakeCloudflare
let kit: ActionKit
beforeEach(async () => {
  fake = await startFakeCloudflare(TOKEN)
  const urls = { CLOUDFLARE_BASE_URL: `${fake.remote.url}/` }
  kit = actionKit({ secrets: secretsOf({ KEY: TOKEN }), clock: noWaits, urls })
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

const argsOf = (ip: string): JsonObject => ({
  account_id: CLOUDFLARE_ACCOUNT,
  list_id: CLOUDFLARE_LIST,
  secret_token: kit.handles.make('KEY'),
  ip,
})
const listed = (): string[] => fake.items().map(({ ip }) => ip)

function resultOf(outcome: RunOutcome): JsonObject {
  expect(outcome).toMatchObject({ outcome: 'succeeded' })
  return (outcome as { result: JsonObject }).result // as it succeeded
}

describe('Cloudflare', () => {
  it('adds the address in its normal form with a comment, and takes off the very item', async () => {
    fake.add('198.51.100.1', 'somebody else’s')
    const done = resultOf(await kit.run(BLOCK, argsOf('::ffff:203.0.113.7')))
    expect(done).toMatchObject({
      id: `${CLOUDFLARE_LIST}/203.0.113.7`,
      changed: true,
      before: { status: 'not listed' },
    })
    expect(fake.items().at(-1)).toMatchObject({
      ip: '203.0.113.7',
      comment: expect.stringContaining('Tocsin') as string,
    })
    const undo = kit.actions.inverse(BLOCK, argsOf('::ffff:203.0.113.7'), done)
    expect(undo).toEqual({ uses: UNBLOCK, args: argsOf('203.0.113.7') })
    const id = fake.items().at(-1)?.id
    resultOf(await kit.run(UNBLOCK, undo?.args ?? {}, { key: 'undo' }))
    expect(
      fake.remote.calls.filter(({ method }) => method === 'DELETE').map(({ body }) => JSON.parse(body) as unknown),
    ).toEqual([{ items: [{ id }] }])
    expect(fake.items()).toMatchObject([{ ip: '198.51.100.1', comment: 'somebody else’s' }])
  })

  it('blocks the /64 of an IPv6 address, and says so', async () => {
    const args = argsOf('2001:DB8:1:2::abcd')
    expect(kit.actions.describe(BLOCK, args)).toMatchObject({
      title: 'Block 2001:db8:1:2::/64 by a list of Cloudflare',
      target: '2001:db8:1:2::/64',
    })
    const { plan } = await kit.intent(BLOCK, args)
    expect(plan.rows).toContainEqual({ key: 'Addresses in it', value: '2^64' })
    resultOf(await kit.run(BLOCK, args))
    expect(listed()).toEqual(['2001:db8:1:2::/64'])
  })

  it.each([
    ['2001:db8:1:2::/64', '2001:0DB8:1:2:0::/64'],
    ['203.0.113.7', '203.0.113.7/32'],
  ])('finds %s where it stands as %s', async (ip, spelling) => {
    fake.add(spelling)
    expect(resultOf(await kit.run(BLOCK, argsOf(ip)))).toMatchObject({ changed: false })
    expect(fake.changes()).toEqual([])
  })

  it('takes neither a longer address nor a range around it for the address', async () => {
    for (const ip of ['203.0.113.70', '203.0.113.0/24', '203.0.113.7/31']) fake.add(ip)
    expect(resultOf(await kit.run(BLOCK, argsOf('203.0.113.7')))).toMatchObject({ changed: true })
    expect(listed()).toHaveLength(4)
  })

  it('reads page by page, and takes nothing for absent that it has not read to the end', async () => {
    const others = Array.from({ length: 60 }, (_, index) => `203.0.113.7/${index % 2 === 0 ? 31 : 30}#${index}`)
    for (const ip of others) fake.add(ip)
    fake.add('203.0.113.7')
    fake.setPage(5)
    expect(resultOf(await kit.run(BLOCK, argsOf('203.0.113.7')))).toMatchObject({ changed: false })
    fake.setPage(2)
    await expect(kit.intent(BLOCK, argsOf('203.0.113.7'))).rejects.toMatchObject({ code: 'list_too_long' })
    expect(fake.changes()).toEqual([])
  })

  it('fails with the words of an operation that failed', async () => {
    const intent = await kit.intent(BLOCK, argsOf('203.0.113.7'))
    fake.failNext('list item limit reached')
    const message = expect.stringContaining('list item limit reached') as string
    expect(await kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)).toMatchObject({
      outcome: 'failed',
      error: { code: 'service_refused', message },
    })
    expect(listed()).toEqual([])
  })

  it('reads the list although its operation cannot be read', async () => {
    fake.remote.on(`/accounts/${CLOUDFLARE_ACCOUNT}/rules/lists/bulk_operations/4da8780eeb215e6cb7f48dd981c4ea00`, {
      do: 'answer',
      status: 500,
    })
    expect(resultOf(await kit.run(BLOCK, argsOf('203.0.113.7')))).toMatchObject({ changed: true })
  })

  it('refuses the undo of an item whose comment somebody changed', async () => {
    const done = resultOf(await kit.run(BLOCK, argsOf('203.0.113.7')))
    fake.add('203.0.113.7', 'keep this')
    const { plan } = await kit.intent(UNBLOCK, argsOf('203.0.113.7'), 'undo')
    expect(changedSince(done, plan)).toContainEqual(expect.stringMatching(/^comment: was left .*, is keep this$/))
  })

  it('says where no rule uses the list', async () => {
    const list = { id: CLOUDFLARE_LIST, name: 'blocked', kind: 'ip', num_referencing_filters: 0 }
    fake.remote.on(LIST_PATH, { do: 'answer', body: JSON.stringify({ success: true, result: list }) })
    const { plan } = await kit.intent(BLOCK, argsOf('203.0.113.7'))
    expect(plan.rows).toContainEqual({
      key: 'Rules that use the list',
      value: '0: an item of it has no effect until a rule uses the list',
    })
  })

  it('[S25] takes no id from an answer that would reach another address, and no list but the one asked for', async () => {
    const answer = (result: unknown) => ({ do: 'answer', body: JSON.stringify({ success: true, result }) }) as const
    fake.remote.on(LIST_PATH, answer({ id: 'f'.repeat(32), name: 'other', kind: 'ip' }))
    await expect(kit.intent(BLOCK, argsOf('203.0.113.7'))).rejects.toMatchObject({ code: 'bad_answer' })
    fake.remote.on(LIST_PATH, { do: 'serve' })
    const item = { id: '../../lists', ip: '203.0.113.7', modified_on: '2026-01-01T00:00:00Z' }
    fake.remote.on(`GET ${ITEMS}`, answer([item]))
    await expect(kit.intent(UNBLOCK, argsOf('203.0.113.7'))).rejects.toMatchObject({ code: 'bad_answer' })
  })

  it.each([
    '',
    '..',
    'a/b',
    `${CLOUDFLARE_LIST}/../x`,
    `${CLOUDFLARE_LIST}\n`,
    CLOUDFLARE_LIST.toUpperCase(),
    `${CLOUDFLARE_LIST}?a=`,
  ])('[S25] reaches nothing by the list or account %j', (id) => {
    for (const arg of ['list_id', 'account_id']) {
      const args = { ...argsOf('203.0.113.7'), [arg]: id }
      expect(() => kit.actions.describe(BLOCK, args)).toThrow(expect.objectContaining({ code: 'invalid_args' }))
    }
    expect(fake.remote.calls).toEqual([])
  })
})
