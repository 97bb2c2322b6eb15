import { execFile, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { CommandWorld, readyLine } from '../fakes/command.ts'
import { startFakeOpenAi } from '../fakes/fake-openai.ts'
import { messageOf, SLACK_WEBHOOK_PATH, startFakeSlack, textsOf } from '../fakes/fake-slack.ts'

const EXAMPLE = fileURLToPath(new URL('../../policies/examples/guardduty', import.meta.url))
const KEY = 'sk-of-the-example'
const CONTENT = 'The instance looked up a drive-by domain. Isolate it and take a memory image.'
const hasCurl = spawnSync('curl', ['--version']).status === 0

const world = new CommandWorld()
afterEach(() => {
  world.killAll()
  world.remove()
})

/** The files as the README names them: `policy/alert.rego`, `policy/action.rego`, `guardduty.json`. */
function layOutFiles(): void {
  mkdirSync(join(world.folder, 'policy'))
  for (const name of ['alert.rego', 'action.rego'])
    copyFileSync(join(EXAMPLE, name), join(world.folder, 'policy', name))
  copyFileSync(join(EXAMPLE, 'alert/testdata/aws_guardduty/event.json'), join(world.folder, 'guardduty.json'))
}

it.skipIf(!hasCurl)('runs AlertChain’s README by its two commands: the model’s text arrives in Slack', async () => {
  const [openAi, slack] = [await startFakeOpenAi({ key: KEY, content: CONTENT }), await startFakeSlack()]
  layOutFiles()
  const serve = world.start(['-d', 'policy', 'serve'], {
    TOCSIN_ADDR: '127.0.0.1:0',
    TOCSIN_ENV: 'CHATGPT_API_KEY,SLACK_WEBHOOK_URL',
    TOCSIN_NET_ALLOW: '127.0.0.1',
    CHATGPT_API_KEY: KEY,
    SLACK_WEBHOOK_URL: slack.url + SLACK_WEBHOOK_PATH,
    OPENAI_BASE_URL: `${openAi.url}/v1`,
  })
  const { receiver } = await readyLine(serve)
  const curl = ['-sS', '-XPOST', `${receiver}/alert/aws_guardduty`, '-d', '@guardduty.json']
  const { stdout } = await promisify(execFile)('curl', curl, { cwd: world.folder })
  expect(JSON.parse(stdout)).toMatchObject({ alerts: [{ title: 'Trojan:EC2/DriveBySourceTraffic!DNS' }] })

  await slack.reached(1)
  const message = messageOf(slack.calls[0])
  expect(message.channel).toBe('alert')
  expect(textsOf(message)).toContain(CONTENT)
  serve.child.kill('SIGTERM')
  expect(await serve.ended).toBe(0)
  expect([openAi.calls.length, slack.calls.length]).toEqual([1, 1])
  await Promise.all([openAi.close(), slack.close()])
})
