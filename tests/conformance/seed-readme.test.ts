import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { openEngineWorld, type EngineWorld } from '../fakes/engine.ts'
import { startFakeOpenAi } from '../fakes/fake-openai.ts'
import type { FakeRemote } from '../fakes/fake-remote.ts'
import { messageOf, SLACK_WEBHOOK_PATH, startFakeSlack, textsOf } from '../fakes/fake-slack.ts'

const EXAMPLE = fileURLToPath(new URL('../../policies/examples/guardduty', import.meta.url))
const EVENT = readFileSync(join(EXAMPLE, 'alert/testdata/aws_guardduty/event.json'))
const KEY = 'sk-canary-1d0b64c2e7'
const CONTENT = 'The instance looked up a drive-by domain. Isolate it and take a memory image.'

const remotes: FakeRemote[] = []
let world: EngineWorld
afterEach(async () => {
  await world.close()
  for (const remote of remotes.splice(0)) await remote.close()
})

/** What `curl -XPOST URL -d @FILE` sends: newlines are taken out, and the type is a form's. */
function curlPost(url: string, body: Buffer): Promise<{ status: number; answer: unknown }> {
  const sent = body.toString().replaceAll(/[\r\n]/g, '')
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(sent) }
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, answer: JSON.parse(text) as unknown }))
    })
    call.on('error', reject)
    call.end(sent)
  })
}

async function openExample(mode: 'policy' | 'ask') {
  const [openAi, slack] = [await startFakeOpenAi({ key: KEY, content: CONTENT }), await startFakeSlack()]
  remotes.push(openAi, slack)
  world = await openEngineWorld(() => ({
    policyDir: EXAMPLE,
    starterDir: null,
    mode,
    env: {
      TOCSIN_ENV: 'CHATGPT_API_KEY,SLACK_WEBHOOK_URL',
      TOCSIN_NET_ALLOW: '127.0.0.1',
      CHATGPT_API_KEY: KEY,
      SLACK_WEBHOOK_URL: slack.url + SLACK_WEBHOOK_PATH,
      OPENAI_BASE_URL: `${openAi.url}/v1`,
    },
  }))
  return { openAi, slack, url: `${world.started.receiver.url ?? ''}/alert/aws_guardduty` }
}

it('runs the example of AlertChain’s README: the model’s text arrives in Slack', async () => {
  const { openAi, slack, url } = await openExample('policy')
  const { status, answer } = await curlPost(url, EVENT)
  expect([status, answer]).toMatchObject([
    200,
    {
      alerts: [
        {
          title: 'Trojan:EC2/DriveBySourceTraffic!DNS',
          source: 'aws',
          attrs: [{ key: 'instance ID', value: 'i-99999999' }],
        },
      ],
    },
  ])
  await world.idle()
  expect(openAi.calls).toHaveLength(1)
  expect(slack.calls).toHaveLength(1)
  const message = messageOf(slack.calls[0])
  expect(message.channel).toBe('alert')
  expect(textsOf(message)).toContain(CONTENT)

  const { rows } = await world.ask('alerts.page', { filter: {}, upToSeq: null, offset: 0, limit: 10 })
  const alert = await world.ask('alerts.get', { id: rows[0]!.id })
  const chain = await world.ask('chains.get', { id: alert.chains[0]!.id })
  expect(chain).toMatchObject({
    state: 'completed',
    rounds: [
      { actions: [{ policyId: 'ask-gpt', state: 'succeeded', args: { secret_api_key: '‹CHATGPT_API_KEY›' } }] },
      { actions: [{ policyId: 'notify-slack', state: 'succeeded' }] },
      { actions: [] },
    ],
  })
})

it('[S10] leaves no secret in the database, the log, an export or an answer', async () => {
  const { url, slack } = await openExample('policy')
  await curlPost(url, EVENT)
  await world.idle()
  const { path } = await world.ask('store.export', {})
  const { rows } = await world.ask('alerts.page', { filter: {}, upToSeq: null, offset: 0, limit: 10 })
  const alert = await world.ask('alerts.get', { id: rows[0]!.id })
  const views = [alert, await world.ask('chains.get', { id: alert.chains[0]!.id }), world.topics]
  await world.engine.stop()
  const files = readdirSync(world.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  expect(files).toContain(path)
  const texts = [JSON.stringify(views), ...files.map((file) => readFileSync(file).toString('latin1'))]
  for (const secret of [KEY, slack.url + SLACK_WEBHOOK_PATH]) {
    expect(texts.filter((text) => text.includes(secret))).toEqual([])
  }
})

it('asks nobody before it is approved where the mode says so', async () => {
  const { openAi, slack, url } = await openExample('ask')
  await curlPost(url, EVENT)
  await world.idle()
  expect([openAi.calls.length, slack.calls.length]).toEqual([0, 0])
  const { rows } = await world.ask('approvals.list', {})
  expect(rows).toMatchObject([{ uses: 'chatgpt.comment_alert', effect: 'notify' }])
  const { actionId } = rows[0]!
  const { boundHash } = await world.ask('approvals.get', { actionId })
  await world.ask('approvals.reject', { actionId, boundHash, reason: 'no' })
  await world.idle()
  expect([openAi.calls.length, slack.calls.length]).toEqual([0, 0])
})
