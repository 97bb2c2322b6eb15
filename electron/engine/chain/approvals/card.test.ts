import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

describe('an approval card', () => {
  it('shows which arguments may be changed, which only the vault fills, and what the schema says of all', async () => {
    const handle = `secret:TOKEN:${'0'.repeat(64)}`
    const args = { url: 'https://a.test', header: { key: handle }, locked: 1 }
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [{ id: 'c', uses: 'contain.c', args }] : [] }))
    const chain = await world.alert()
    const actionId = world.actionsOf(chain.id)[0]?.id ?? ''
    const plain = world.actions.describe.bind(world.actions)
    const properties = { url: { description: 'Where' }, locked: {}, secret_key: { type: 'string' } }
    world.actions.describe = (uses, given) => {
      const facts = plain(uses, given)
      return facts && { ...facts, secretArgs: ['url', 'header'], argsSchema: { type: 'object', properties } }
    }
    const card = await world.service.card(actionId)
    expect(card.args.map(({ key, isSecret, isEditable }) => [key, isSecret, isEditable])).toEqual([
      ['url', false, true],
      ['header', true, true],
      ['locked', false, false],
    ])
    expect(card.argsSchema).toEqual({
      type: 'object',
      properties: {
        url: { description: 'Where' },
        locked: { readOnly: true },
        secret_key: { type: 'string', writeOnly: true },
      },
    })
  })
})
