import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOTHING_SETTLED, readProposals } from '../../../electron/engine/chain/rounds/proposals.ts'
import { canonicalObject, type CanonicalMembers } from '../../../electron/engine/forms/canonical.ts'
import { compilePolicy } from '../../../electron/engine/policy/compile.ts'
import { dataText, readDataFiles, TEST_DATA } from '../../../electron/engine/policy/data-files.ts'
import { ruleElements } from '../../../electron/engine/policy/policy-result.ts'
import { Toolchain } from '../../../electron/engine/policy/toolchain/toolchain.ts'
import { WasmEvaluator } from '../../../electron/engine/policy/wasm-evaluator.ts'
import { readTestWorkspace, readWorkspace } from '../../../electron/engine/policy/workspace.ts'
import { readInspections } from '../../../electron/engine/report/policies/inspect-policy.ts'
import { inspectInput, reviewInput } from '../../../electron/engine/report/policies/report-input.ts'
import { readReview } from '../../../electron/engine/report/policies/review-policy.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

const FOLDER = join(import.meta.dirname, '../../../policies/examples/deepalert')
const toolchain = new Toolchain()
let policy: WasmEvaluator
beforeAll(async () => {
  const { wasm, dataFiles } = await compilePolicy(toolchain, await readWorkspace(FOLDER))
  policy = new WasmEvaluator(await WebAssembly.compile(wasm!), dataText(dataFiles))
})
afterAll(() => toolchain.close())

/** What a package says, evaluated as the desk evaluates it. */
function say(entrypoint: string, input: CanonicalMembers): JsonValue | undefined {
  const bytes = new TextEncoder().encode(canonicalObject(input))
  const { result, error } = policy.evaluate(entrypoint, bytes, { nowNs: '0', seed: '' })
  expect(error).toBeNull()
  return result
}

function inspect(attribute: JsonObject): ReturnType<typeof readInspections> {
  return readInspections(
    say('inspect', inspectInput({ report: '{}', attribute: { context: null, ...attribute }, env: {} })),
  )
}

function review(ruleId: string, hosts: JsonValue[]): JsonValue | undefined {
  const report = JSON.stringify({ alerts: [{ rule_id: ruleId }], sections: [{ hosts }] })
  return say('review', reviewInput({ report, env: {} }))
}

/** Names of groups and cases are the original's. */
describe('TestInspectorExample', () => {
  it('With IPaddr attribute', () => {
    const found = inspect({ type: 'ipaddr', key: 'dst', value: '192.10.0.1' })
    expect(found.flatMap(({ findings }) => findings)).toEqual([
      { type: 'host', content: { hostname: ['pc-1.example.com'], owner: ['YOUR_COMPANY'] } },
    ])
    expect(inspect({ type: 'ipaddr', key: 'dst', value: '192.10.0.2' })[0]?.findings).toEqual([
      { type: 'host', content: { hostname: ['resolved.hostname.example.com'] } },
    ])
  })

  it('With not IPaddr attribute', () => {
    expect(inspect({ type: 'username', key: 'login-name', value: 'mizutani' })).toEqual([])
  })
})

describe('TestEvaluateAlert', () => {
  it('As SevSafe with your_alert_rule_id amd YOUR_COMPANY PC', () => {
    expect(readReview(review('your_alert_rule_id', [{ owner: ['YOUR_COMPANY'] }]))).toEqual({
      severity: 'safe',
      reason: 'The device accessing to G Suite is owned by YOUR_COMPANY.',
    })
  })

  it('Return nil for an alert with your_alert_rule_id but not YOUR_COMPANY PC', () => {
    const said = review('your_alert_rule_id', [])
    expect(said).toEqual({})
    expect(readReview(said)).toEqual({ severity: 'unclassified', reason: '' })
  })

  it('Return nil for an alert with YOUR_COMPANY PC but not your_alert_rule_id', () => {
    expect(review('some_rule', [{ owner: ['YOUR_COMPANY'] }])).toEqual({})
  })
})

describe('the example emitter', () => {
  it.each([
    ['published', 'urgent', 1],
    ['published', 'safe', 0],
    ['published', 'unclassified', 0],
    ['new', '', 0],
    ['more', '', 0],
  ])('is told of a report that is %s and "%s", and posts %i messages', (status, severity, count) => {
    const report = JSON.stringify({ title: 't', status, result: { severity, reason: 'r' } })
    const env = { SLACK_WEBHOOK_URL: 'https://hooks.example.com/x' }
    const document = say('emit', reviewInput({ report, env }))
    const options = { settled: NOTHING_SETTLED, generation: 'commit' as const, newId: () => '' }
    const proposals = readProposals(ruleElements(document, 'run'), [], options)
    expect(proposals.map(({ uses }) => uses)).toEqual(Array(count).fill('slack.post'))
  })
})

describe('the folder', () => {
  it('passes its own tests, is formatted, and its sample is an alert of the rule', async () => {
    const files = await readTestWorkspace(FOLDER)
    const data = dataText(await readDataFiles(toolchain, files.dataFiles, TEST_DATA))
    const { tests } = await toolchain.test({ files: files.sources, data })
    expect(tests.filter(({ outcome }) => outcome !== 'pass')).toEqual([])
    expect(tests.length).toBeGreaterThanOrEqual(9)
    const formatted = await Promise.all(files.sources.map((file) => toolchain.format(file)))
    expect(formatted.map(({ source }) => source)).toEqual(files.sources.map(({ source }) => source))
    const sample = JSON.parse(readFileSync(join(FOLDER, 'testdata/alert.json'), 'utf8')) as JsonObject
    expect(sample).toMatchObject({
      rule_id: 'your_alert_rule_id',
      attributes: [{ type: 'ipaddr' }, { type: 'username' }],
    })
  })
})
