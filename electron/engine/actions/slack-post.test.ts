import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, GOLDEN_ALERT, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import type { FakeRemote, Step } from '../../../tests/fakes/fake-remote.ts'
import {
  messageOf,
  SLACK_WEBHOOK_PATH,
  startFakeSlack,
  textsOf,
  type SlackMessage,
} from '../../../tests/fakes/fake-slack.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { shortText, splitText } from './slack-text.ts'

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

  it('goes on in further sections and messages, and loses nothing', async () => {
    const attrs = Array.from({ length: 60 }, (_, n): [string, string] => [
      `k${n}`,
      `<${n}>`.repeat(n % 10 === 9 ? 400 : 20),
    ])
    const raw = `${Array.from({ length: 300 }, (_, n) => `  "key ${n}": "<value> & 😀 ${n}"`).join(',\n')}\n`
    const alert: JsonObject = {
      ...withAttrs(...attrs),
      title: '<&>'.repeat(400),
      description: 'line\n'.repeat(1000),
      raw,
    }
    await post({}, alert)
    // The fake refuses what Slack refuses: too long texts, too many fields and blocks.
    const messages = slack.calls.map(messageOf)
    expect(messages.length).toBeGreaterThan(4)
    expect(messages.map(({ text }) => text)).toEqual([
      'Notification from AlertChain',
      ...messages.slice(1).map((_, index) => `… (${index + 2}/${messages.length})`),
    ])
    expect(messages.filter(({ attachments }) => attachments[0]?.blocks.at(-1)?.type === 'divider')).toEqual([])
    const texts = messages.flatMap(textsOf)
    const plain = (text: string): string =>
      text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
    const fenced = texts.filter((text) => text.startsWith('```')).map((text) => plain(text).slice(3, -3))
    expect(fenced.join('')).toBe(raw)
    const open = plain(texts.filter((text) => !text.startsWith('```')).join(''))
    expect(open.startsWith(`*${'<&>'.repeat(400)}*\n${'line\n'.repeat(1000)}`)).toBe(true)
    for (const [key, value] of attrs) expect(open).toContain(`*${key}*: ${value}`)
  })

  it('goes on in a further message after fifty blocks', async () => {
    await post({}, withAttrs(...Array.from({ length: 600 }, (_, n): [string, string] => [`k${n}`, 'v'])))
    expect(slack.calls).toHaveLength(2)
    const texts = slack.calls.flatMap((call) => textsOf(messageOf(call)))
    expect(texts.filter((text) => /^\*k\d+\*: v$/.test(text))).toHaveLength(600)
  })

  it('leaves the end of an endless event to the app, and says so', async () => {
    await post({}, { ...GOLDEN_ALERT, raw: 'x'.repeat(3_000_000) })
    expect(slack.calls).toHaveLength(10)
    const texts = slack.calls.flatMap((call) => textsOf(messageOf(call)))
    expect(texts.at(-1)).toMatch(/^_29\d{5} more characters are not shown: see the alert 1{8}-.* in Tocsin._$/)
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

  it('breaks plain words that Slack may read as mentions', async () => {
    const evil = '@channel @here @Everyone @group mail@channel.example'
    const alert = { ...withAttrs([evil, evil]), title: evil, raw: evil }
    const message = await post({ text: evil }, alert)
    const all = [message.text, ...textsOf(message)].join('\n')
    expect(all).not.toMatch(/@(channel|here|everyone|group)/i)
    expect(all.replaceAll('\u200b', '')).toContain(evil)
  })

  it('mentions whom the policy names, and nobody else', async () => {
    const message = await post({ mention: ['here', 'U024BE7LH', 'S0614TZR7'], text: 'Look' })
    expect(message.text).toBe('<!here> <@U024BE7LH> <!subteam^S0614TZR7> Look')
    for (const mention of [['@here'], ['u024'], ['here> <!channel'], 'here'])
      expect(() => kit.actions.describe('slack.post', { secret_url: 'x', channel: 'c', mention })).toThrow(/mention/)
  })

  it('[S24] tells how much is in the channel when a further message fails, and posts none twice', async () => {
    const alert = { ...GOLDEN_ALERT, raw: 'x'.repeat(25_000) }
    const args = { secret_url: kit.handles.make('SLACK_WEBHOOK_URL'), channel: 'alert' }
    slack.on(SLACK_WEBHOOK_PATH, { do: 'serve' }, { do: 'answer', status: 410, body: 'channel_is_archived' })
    const outcome = await kit.run('slack.post', args, { alert })
    expect(outcome).toMatchObject({ outcome: 'unknown', error: { code: 'slack_partial' } })
    expect(JSON.stringify(outcome)).toContain(
      '1 of 3 messages are in alert, then: Slack answered 410 Gone: channel_is_archived',
    )
    expect(slack.calls).toHaveLength(2)
  })

  it('waits where Slack asks for it, in the first message and in a further one', async () => {
    const limited: Step = { do: 'answer', status: 429, headers: { 'retry-after': '1' }, body: 'rate_limited' }
    slack.on(SLACK_WEBHOOK_PATH, limited, { do: 'serve' }, limited, limited, { do: 'serve' })
    await post({}, { ...GOLDEN_ALERT, raw: 'x'.repeat(15_000) })
    expect(slack.calls).toHaveLength(5)
  })

  it.each<[string, Step, object]>([
    ['a wrong webhook', { do: 'answer', status: 403, body: 'invalid_token' }, { code: 'http_status' }],
    ['a missing channel', { do: 'answer', status: 404, body: 'channel_not_found' }, { code: 'http_status' }],
    ['a failure of Slack', { do: 'answer', status: 500, body: 'rollup_error' }, { code: 'http_status' }],
    [
      'a limit beyond its time-out',
      { do: 'answer', status: 429, headers: { 'retry-after': '3600' } },
      { code: 'http_status' },
    ],
  ])('fails once on %s', async (_what, step, error) => {
    slack.on(SLACK_WEBHOOK_PATH, step)
    const args = { secret_url: kit.handles.make('SLACK_WEBHOOK_URL'), channel: 'alert' }
    expect(await kit.run('slack.post', args)).toMatchObject({ outcome: 'failed', error })
    expect(slack.calls).toHaveLength(1)
  })

  it('[S24] is unknown when only half an answer comes', async () => {
    slack.on(SLACK_WEBHOOK_PATH, { do: 'half-body', body: 'o' })
    const args = { secret_url: kit.handles.make('SLACK_WEBHOOK_URL'), channel: 'alert' }
    expect(await kit.run('slack.post', args)).toMatchObject({ outcome: 'unknown' })
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
    expect(splitText('aaaa\nbbbb\ncc', 6)).toEqual(['aaaa\n', 'bbbb\n', 'cc'])
    expect(splitText('aaaa&amp;', 6)).toEqual(['aaaa', '&amp;'])
    expect(splitText('aaaaa😀', 6)).toEqual(['aaaaa', '😀'])
    expect(splitText('', 5)).toEqual([''])
    expect(shortText('aaaaaaaaaa', 5)).toBe('aa...')
    expect(shortText('aaaaa', 5)).toBe('aaaaa')
  })
})
