import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, GOLDEN_ALERT, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import type { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import {
  messageOf,
  SLACK_WEBHOOK_PATH,
  startFakeSlack,
  textsOf,
  type SlackMessage,
} from '../../../tests/fakes/fake-slack.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { splitText } from './slack-blocks.ts'

let slack: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  slack = await startFakeSlack()
  kit = actionKit({ secrets: secretsOf({ SLACK_WEBHOOK_URL: slack.url + SLACK_WEBHOOK_PATH }) })
})
afterEach(async () => {
  await kit.close()
  await slack.close()
})

async function post(more: JsonObject = {}, alert: JsonObject = GOLDEN_ALERT): Promise<SlackMessage> {
  const args = { secret_url: kit.handles.make('SLACK_WEBHOOK_URL'), channel: 'alert', ...more }
  expect(await kit.run('slack.post', args, { alert })).toEqual({ outcome: 'succeeded', result: null })
  return messageOf(slack.calls.at(-1))
}

function withAttrs(...attrs: [string, JsonObject[string]][]): JsonObject {
  const made = attrs.map(([key, value]) => ({ id: key, key, value, type: '', persist: false, ttl: 0 }))
  return { ...GOLDEN_ALERT, attrs: made }
}

describe('slack.post', () => {
  it('sends the body of golden/actions.txt, with values as JSON', async () => {
    const alert = withAttrs(
      ['ip', '192.0.2.1'],
      ['n', 1.5],
      ['obj', { a: ['x', null], b: 1 }],
      ['note', '**md**'],
      ['nil', null],
      ['big', 1677835445],
    )
    await post({}, alert)
    const field = (text: string): object => ({ type: 'mrkdwn', text })
    expect(JSON.parse(slack.calls[0]?.body ?? '')).toEqual({
      channel: 'alert',
      text: 'Notification from AlertChain',
      attachments: [
        {
          color: '#2EB67D',
          blocks: [
            { type: 'divider' },
            { type: 'section', text: field('*My Title*\nMy Desc') },
            { type: 'divider' },
            {
              type: 'section',
              fields: [
                field('*schema*: sch'),
                field('*source*: src'),
                field('*created at*: 2024-01-02 03:04:05 UTC'),
                field('*ip*: 192.0.2.1'),
                field('*n*: 1.5'),
                field('*obj*: {"a":["x",null],"b":1}'),
                field('*note*: **md**'),
                field('*nil*: null'),
                field('*big*: 1677835445'),
              ],
            },
            { type: 'divider' },
            { type: 'section', text: field('```{\n  "k": "v"\n}\n```') },
          ],
        },
      ],
      replace_original: false,
      delete_original: false,
    })
    expect(slack.calls[0]?.headers).toMatchObject({ 'content-type': 'application/json' })
  })

  it('takes text, body and colour of the policy, and leaves out an empty body', async () => {
    const message = await post({ text: 'Look', body: 'from the <https://h.example|model>', color: '#ff0000' })
    expect(message.text).toBe('Look')
    expect(message.attachments[0]?.color).toBe('#ff0000')
    expect(textsOf(message)[0]).toBe('from the <https://h.example|model>')
    const without = await post({ text: '', body: '', color: '' })
    expect(without.text).toBe('Notification from AlertChain')
    expect(textsOf(without)[0]).toBe('*schema*: sch')
    expect(without.attachments[0]?.blocks[0]?.type).toBe('divider')
  })

  it('puts more than seven attributes into further sections', async () => {
    const message = await post({}, withAttrs(...Array.from({ length: 30 }, (_, n): [string, string] => [`k${n}`, 'v'])))
    const sizes = message.attachments[0]?.blocks.flatMap((block) => ('fields' in block ? [block.fields?.length] : []))
    expect(sizes).toEqual([10, 10, 10, 3])
    expect(textsOf(message)).toContain('*k29*: v')
  })

  it('stays within Slack’s limits, whatever the alert holds', async () => {
    const attrs = Array.from({ length: 500 }, (_, n): [string, string] => [`k${n}`, '<&>'.repeat(2000)])
    const alert: JsonObject = {
      ...withAttrs(...attrs),
      title: '<&>'.repeat(5000),
      description: 'x\n'.repeat(20_000),
      raw: '`😀&'.repeat(20_000),
    }
    // The fake refuses what is too long.
    const texts = textsOf(await post({}, alert))
    expect(texts.at(-1)).toMatch(/^```.*\.\.\.```$/s)
    expect(texts.join('')).toContain('*further attributes*: 304')
    expect(texts.filter((text) => /&[a-z]*$/.test(text.replace(/(\.\.\.)?(```)?$/, '')))).toEqual([])
  })

  it('splits a long body into sections without losing a character', async () => {
    const body = Array.from({ length: 300 }, (_, n) => `line ${n} of the model’s text`).join('\n')
    const texts = textsOf(await post({ body }))
    const parts = texts.slice(0, texts.indexOf('*schema*: sch'))
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.join('')).toBe(body)
  })

  it('[S20] lets hostile text neither mention, link nor leave the fence', async () => {
    const evil = '<!channel> <@U1> <https://evil.example|bank> & ``` <!here>'
    const alert: JsonObject = {
      ...withAttrs([evil, evil]),
      title: evil,
      description: evil,
      source: evil,
      schema: evil,
      raw: evil,
    }
    const message = await post({}, alert)
    const all = [message.text, ...textsOf(message)]
    expect(all.filter((text) => text.includes('<'))).toEqual([])
    expect(all.at(-1)?.match(/```/g)).toHaveLength(2)
    const quoted = await post({ body: `model: ${evil}`, text: evil })
    expect(quoted.text + textsOf(quoted).join('')).not.toMatch(/<\s*[!@#]/)
  })

  it('[S24] is unknown when the answer does not come, and is never sent twice', async () => {
    slack.on(SLACK_WEBHOOK_PATH, { do: 'reset', when: 'after-body' })
    const args = { secret_url: kit.handles.make('SLACK_WEBHOOK_URL'), channel: 'alert' }
    expect(await kit.run('slack.post', args)).toMatchObject({ outcome: 'unknown', error: { code: 'net_reset' } })
    expect(slack.calls).toHaveLength(1)
  })

  it('[S10] fails with Slack’s words and without the address', async () => {
    slack.on(SLACK_WEBHOOK_PATH, { do: 'answer', status: 404, body: `no_service for ${SLACK_WEBHOOK_PATH}` })
    const secret = kit.handles.make('SLACK_WEBHOOK_URL')
    const outcome = await kit.run('slack.post', { secret_url: secret, channel: 'alert' })
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify(outcome)).toContain('Slack answered 404 Not Found: no_service for [REDACTED]')
  })

  it('declares itself', () => {
    const facts = kit.actions.describe('slack.post', { secret_url: 'https://hooks.slack.example/x', channel: '#soc' })
    expect(facts).toMatchObject({
      effect: 'notify',
      title: 'Post to #soc in Slack',
      target: '#soc',
      isIdempotent: false,
      canProbe: false,
      undo: null,
      secretArgs: ['secret_url'],
    })
    expect(() => kit.actions.describe('slack.post', {})).toThrow('secret_url is required; channel is required')
    expect(() => kit.actions.describe('slack.post', { secret_webhook_url: 'x' })).toThrow(
      'no argument secret_webhook_url',
    )
  })
})

describe('splitText', () => {
  it('cuts at line ends, never inside entities or pairs', () => {
    expect(splitText('aaaa\nbbbb\ncc', 6, 9)).toEqual(['aaaa\n', 'bbbb\n', 'cc'])
    expect(splitText('aaaa&amp;', 6, 9)).toEqual(['aaaa', '&amp;'])
    expect(splitText('aaaaa😀', 6, 9)).toEqual(['aaaaa', '😀'])
    expect(splitText('aaaaaaaaaa', 5, 1)).toEqual(['aa...'])
    expect(splitText('', 5, 1)).toEqual([''])
  })
})
