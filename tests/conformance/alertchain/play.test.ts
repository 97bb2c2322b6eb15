// AlertChain's tests of `play` and of its examples (`behaviour/alertchain.md` §10.2 TestPlaybook, §10.3, §10.5
// TestParseScenario, §10.6 recorder, §10.8 TestPlay, §10.9), by the same names, through `tocsin play` itself.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readScenarios } from '../../../electron/engine/play/scenario.ts'
import { ScenarioFolder } from '../../../electron/engine/play/scenario-folder.ts'
import { ScenarioTexts } from '../../../electron/engine/play/scenario-texts.ts'
import { Toolchain } from '../../../electron/engine/policy/toolchain/toolchain.ts'
import { CommandWorld } from '../../fakes/command.ts'
import { PlayWorld } from '../../fakes/play-world.ts'

const EXAMPLES = fileURLToPath(new URL('../../fixtures/alertchain/examples', import.meta.url))

const commands = new CommandWorld()
const toolchain = new Toolchain()
afterAll(async () => {
  commands.remove()
  await toolchain.close()
})

let world: PlayWorld
beforeEach(() => {
  world = new PlayWorld()
})
afterEach(() => world.remove())

it('TestPlay', async () => {
  world.copy('examples/test')
  const [policy, scenarios, output] = ['policy', 'scenarios', 'output'].map((name) => join(world.folder, name))
  const { code } = await commands.run(['-l', 'debug', 'play', '-d', policy!, '-s', scenarios!, '-o', output!])
  expect(code).toBe(0)
  expect(JSON.parse(readFileSync(join(output!, 'scenario1/data.json'), 'utf8'))).toMatchObject({
    id: 'scenario1',
    title: 'Test 1',
    results: [
      {
        alert: { title: 'Trojan:EC2/DropPoint!DNS' },
        actions: [
          { seq: 0, uses: 'chatgpt.query' },
          { seq: 1, uses: 'slack.post' },
        ],
      },
    ],
  })
})

it('TestWorkflow', async () => {
  world.copy('play-workflow', 'policy').write({ 'scenario/s1.jsonnet': WORKFLOW })
  const [data] = await world.playNamed(['mock'])
  expect(data).toMatchObject({
    id: 's1',
    title: 'Scenario 1',
    results: [
      {
        alert: { title: 'test-alert' },
        actions: [
          { seq: 0, uses: 'mock', id: '1st', args: { tick: 1 } },
          { seq: 1, uses: 'mock', id: '2nd', args: { tick: 2 } },
        ],
      },
    ],
  })
  expect(data!['results']).toHaveLength(1)
})

it('TestWorkflow: init and exit (v0.0.20)', async () => {
  world.copy('play-workflow-exit', 'policy').write({ 'scenario/s1.jsonnet': WORKFLOW })
  const [data] = await world.playNamed(['mock'])
  const attr = (key: string, value: string): object => ({ id: '', key, value, type: '', global: false, ttl: 0 })
  const run = (id: string, tick: number): object => ({ id, name: '', uses: 'mock', args: { tick }, force: false })
  const kept = (key: string, value: string): object => ({ abort: false, attrs: [attr(key, value)] })
  expect(data!['results']).toMatchObject([
    {
      actions: [
        { seq: 0, init: [kept('color', 'blue')], run: [run('1st', 1)], exit: [kept('index1', 'first')] },
        { seq: 1, run: [run('2nd', 2)], exit: [kept('index2', 'second')] },
      ],
    },
  ])
})

const WORKFLOW = {
  id: 's1',
  title: 'Scenario 1',
  events: [{ schema: 'my_test', input: null, actions: { mock: [{ index: 'first' }, { index: 'second' }] } }],
  env: {},
}

it('TestPlaybook', async () => {
  world.copy('examples/playbook')
  const [data, ...others] = await world.playNamed(['mock'], 'playbook.jsonnet')
  expect(others).toEqual([])
  expect(data).toMatchObject({
    id: 's1',
    title: 'Scenario 1',
    results: [{ alert: { title: 'test alert', attrs: [{ key: 'c', value: 1 }] } }],
  })
  expect(data!['results']).toHaveLength(1)
  const [scenario, ...more] = readScenarios('playbook.jsonnet', await evaluated('playbook', 'playbook.jsonnet'), '')
  expect(more).toEqual([])
  expect(scenario).toMatchObject({ id: 's1', events: [{ schema: 'my_test', input: { class: 'threat' } }] })
})

it('TestParseScenario', async () => {
  const [scenario] = readScenarios('base.jsonnet', await evaluated('scenario', 'base.jsonnet'), '')
  expect(scenario).toEqual({
    id: 'test1',
    title: 'test1_title',
    file: 'base.jsonnet',
    events: [
      {
        input: { color: 'blue' },
        schema: 'scc',
        actions: new Map([['chatgpt.query', [{ name: 'test1' }]]]),
        decisions: new Map(),
      },
    ],
    shape: 'file',
    env: null,
    weight: expect.any(Number) as number,
  })
})

async function evaluated(example: string, file: string): Promise<string> {
  const path = join(EXAMPLES, example, file)
  return new ScenarioTexts(new ScenarioFolder(path), toolchain, null, path).json(file)
}

// `pkg/infra/recorder/json_test.go`: one alert, one action in its first sequence, nothing in the second.
it('TestJSONRecorder', async () => {
  world.write({
    'policy/alert.rego': 'package alert.t\n\nalert contains {"title": "test-alert"}\n',
    'policy/action.rego':
      'package action\n\nrun contains {"id": "test-action", "name": "test-action-name", "uses": "http.fetch"} if input.seq == 0\n',
    'scenario/s.jsonnet': { id: 'test-scenario', title: 'T', events: [{ schema: 't', input: {} }] },
  })
  const { code, data } = await world.play()
  expect(code).toBe(0)
  const recorded = data('test-scenario')
  expect(recorded).toMatchObject({ id: 'test-scenario', results: [{ alert: { title: 'test-alert' } }] })
  expect(recorded['results']).toHaveLength(1)
  expect(recorded['results']).toMatchObject([
    { actions: [{ seq: 0, id: 'test-action', name: 'test-action-name', commit: null }] },
  ])
})

describe('examples', () => {
  it('examples/test: play, then test', async () => {
    world.copy('examples/test')
    const played = await world.play({ scenario: 'scenarios', output: 'policy/play/output' })
    expect(played.code).toBe(0)
    const [result] = played.data('scenario1')['results'] as { actions: unknown[] }[]
    expect(result!.actions).toEqual([
      {
        seq: 0,
        id: 'ask-gpt',
        name: '',
        uses: 'chatgpt.query',
        args: { secret_api_key: 'test_api_key_xxxxxxxxxx' },
        force: false,
        abort: false,
        commit: [
          {
            id: '',
            key: 'asked_gpt',
            value: 'This is a test message.',
            type: '',
            persist: false,
            ttl: 0,
            path: 'choices[0].message.content',
          },
        ],
      },
      {
        seq: 1,
        id: 'notify-slack',
        name: '',
        uses: 'slack.post',
        args: {
          body: 'This is a test message.',
          channel: 'alert',
          secret_url: 'https://hooks.slack.com/services/xxxxxxxxx',
        },
        force: false,
        abort: false,
        commit: null,
      },
    ])
    const tested = await commands.runHere(['test', '-d', join(world.folder, 'policy')])
    expect(tested).toMatchObject({ code: 0, err: '3 passed, 0 failed, 0 in error, 0 skipped\n' })
  })

  it('examples/basic: the alert of the sample event, and both actions by the old name', async () => {
    world.copy('examples/basic').write({ 'scenario/s.jsonnet': BASIC })
    world.copy('examples/basic/guardduty.json', 'scenario/guardduty.json')
    const { code, data } = await world.play()
    expect(code).toBe(0)
    expect(data('s')['results']).toMatchObject([
      {
        alert: {
          title: 'Trojan:EC2/DropPoint!DNS',
          source: 'aws',
          attrs: [{ key: 'instance ID', value: 'i-99999999' }],
        },
        actions: [
          { seq: 0, run: [{ id: 'ask-gpt', uses: 'chatgpt.comment_alert' }] },
          { seq: 1, run: [{ id: 'notify-slack', uses: 'slack.post', args: { body: 'This is a test message.' } }] },
        ],
      },
    ])
  })

  it('docs/examples/alert-policy-testing: three tests', async () => {
    world.copy('examples/alert-policy-testing', 'policy')
    const tested = await commands.runHere(['test', '-d', join(world.folder, 'policy'), '--format', 'json'])
    expect(tested.code).toBe(0)
    expect((JSON.parse(tested.out) as { tests: { name: string }[] }).tests.map(({ name }) => name)).toEqual([
      'test_detects',
      'test_ignores_low_severity',
      'test_ignores_other_types',
    ])
  })

  it('examples/e2e: every round counts and the count stays, as far as 32 rounds', async () => {
    world.copy('e2e', 'policy').write({ 'scenario/s.jsonnet': E2E })
    const { code, data, err } = await world.play()
    expect(code).toBe(1)
    expect(err).toContain('32 rounds')
    const results = data('s')['results'] as { actions: { commit: { value: number }[] | null }[] }[]
    const counts = results.map(({ actions }) => actions.flatMap(({ commit }) => commit?.[0]?.value ?? []).at(-1))
    expect(counts).toEqual([32, 64])
  })
})

const BASIC = `{
  id: 's',
  events: [{
    input: import 'guardduty.json',
    schema: 'aws_guardduty',
    actions: { 'chatgpt.query': [{ choices: [{ message: { content: 'This is a test message.' } }] }] },
  }],
  env: { CHATGPT_API_KEY: 'test_api_key_xxxxxxxxxx', SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/x' },
}`

const E2E = {
  id: 's',
  events: ['blue', 'red', 'blue'].map((color) => ({ schema: 'my_alert', input: { color } })),
  env: { STUB_URL: 'http://127.0.0.1:9876/test' },
}
