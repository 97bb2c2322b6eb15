import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { compilePolicy, evaluatedSources } from '../../electron/engine/policy/compile.ts'
import { missingReferences } from '../../electron/engine/policy/missing-references.ts'
import { Toolchain, type SourceFile } from '../../electron/engine/policy/toolchain/toolchain.ts'

const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url))
const toolchain = new Toolchain()
afterAll(() => toolchain.close())

function sources(folder: string, exclude: (path: string) => boolean = () => false): SourceFile[] {
  const paths = globSync('**/*.rego', { cwd: folder }).map((path) => path.replaceAll('\\', '/'))
  return paths
    .filter((path) => !exclude(path))
    .sort()
    .map((path) => ({ path, source: readFileSync(join(folder, path), 'utf8') }))
}

const starter = sources(POLICIES, (path) => path.startsWith('examples/'))
const guardduty = sources(join(POLICIES, 'examples/guardduty'))
const both = [...starter, ...guardduty.map((file) => ({ ...file, path: `examples/guardduty/${file.path}` }))]

describe('starter workspace', () => {
  it('passes its own tests', async () => {
    const { tests } = await toolchain.test({ files: starter })
    expect(tests.filter((test) => test.outcome !== 'pass')).toEqual([])
    expect(tests.length).toBeGreaterThanOrEqual(20)
  })

  it('is formatted', async () => {
    const formatted = await Promise.all(starter.map((file) => toolchain.format(file)))
    expect(formatted.map((file) => file.source)).toEqual(starter.map((file) => file.source))
  })

  it('is compiled: a start needs no tool chain', async () => {
    const { meta } = await compilePolicy(toolchain, { sources: starter, dataFiles: [] })
    expect(meta.entrypoints.map(({ path, evaluator }) => [path, evaluator])).toEqual([
      ['action', 'wasm'],
      ['alert/clamav', 'wasm'],
      ['authz/http', 'wasm'],
      ['inspect', 'wasm'],
      ['review', 'wasm'],
    ])
  })

  it('needs no account: it proposes file.quarantine, looks back with history, and asks for nothing in vain', async () => {
    const { meta } = await compilePolicy(toolchain, { sources: starter, dataFiles: [] })
    expect(meta.references.uses.map(({ name }) => name)).toEqual(['file.quarantine', 'history'])
    expect(missingReferences(meta, () => false)).toEqual([])
  })

  it('has rules in comments that compile when their marks are taken away', async () => {
    for (const path of ['inspect/main.rego', 'emit/main.rego']) {
      const files = starter.filter((file) => file.path === path)
      const source = files[0]?.source.replace(/(?:^# ?[^\n]*\n)+/gm, (block) => {
        const at = block.search(/^# (?:inspect|run) contains/m)
        return at === -1 ? block : block.slice(0, at) + block.slice(at).replaceAll(/^# ?/gm, '')
      })
      const { references } = (
        await compilePolicy(toolchain, { sources: [{ path, source: source ?? '' }], dataFiles: [] })
      ).meta
      expect(references.env).toHaveLength(1)
    }
  })

  it('has a sample event for each schema, of which the policy makes one alert', async () => {
    const schemas = starter
      .map((file) => /^alert\/(\w+)\.rego$/.exec(file.path)?.[1])
      .filter((name) => name && !name.endsWith('_test'))
    expect(schemas).toEqual(['clamav'])
    for (const schema of schemas) {
      const input = readFileSync(join(POLICIES, `alert/testdata/${schema}/event.json`))
      expect(await alerts(starter, `alert/${schema}`, input)).toHaveLength(1)
    }
  })
})

describe('GuardDuty example', () => {
  it('is AlertChain’s README in Rego v0, word for word', async () => {
    const words = (text: string): string[] => text.split(/\s+/).filter(Boolean)
    const readme = words(README).join(' ')
    const policies = evaluatedSources(guardduty).filter(({ path }) => path !== 'contain.rego')
    for (const { source } of policies) expect(readme).toContain(words(source).join(' '))
    const { files } = await toolchain.check({ files: policies })
    expect(files.map((file) => [file.path, file.regoVersion])).toEqual([
      ['action.rego', 'v0'],
      ['alert.rego', 'v0'],
    ])
  })

  it('passes its own tests, also beside the starter policies', async () => {
    for (const files of [guardduty, both]) {
      const { tests } = await toolchain.test({ files })
      expect(tests.filter((test) => test.outcome !== 'pass')).toEqual([])
      expect(tests.length).toBeGreaterThanOrEqual(5)
    }
  })

  it('makes the README’s alert of its event', async () => {
    const input = readFileSync(join(POLICIES, 'examples/guardduty/alert/testdata/aws_guardduty/event.json'))
    expect(await alerts(guardduty, 'alert/aws_guardduty', input)).toMatchObject([
      {
        title: 'Trojan:EC2/DriveBySourceTraffic!DNS',
        source: 'aws',
        attrs: [{ key: 'instance ID', value: 'i-99999999' }],
      },
    ])
  })

  it('proposes to isolate the instance once there is a key', async () => {
    const { meta } = await compilePolicy(toolchain, { sources: guardduty, dataFiles: [] })
    expect(meta.references.uses.map(({ name }) => name)).toContain('aws.quarantine_instance')
    expect(meta.references.env.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']),
    )
  })

  it('compiles in one workspace with the starter policies', async () => {
    await expect(toolchain.check({ files: both })).resolves.toMatchObject({ files: expect.any(Array) as unknown[] })
  })
})

describe('documentation', () => {
  it.each(['POLICIES.md', 'FORWARDING.md'])('every Rego example of %s compiles', async (name) => {
    const text = readFileSync(join(POLICIES, '../docs', name), 'utf8')
    const examples = [...text.matchAll(/^```rego\n(.*?)^```/gms)].map((match) => match[1] ?? '')
    expect(examples.length).toBeGreaterThan(0)
    for (const source of examples) {
      // A test refers to the package that it tests.
      const tested = source.includes('data.alert.clamav')
        ? starter.filter(({ path }) => path === 'alert/clamav.rego')
        : []
      const files = [{ path: 'example.rego', source }, ...tested]
      await expect(toolchain.check({ files, allow: ['http.send'] })).resolves.toBeDefined()
    }
  })
})

async function alerts(files: SourceFile[], entrypoint: string, input: Uint8Array): Promise<unknown[]> {
  const options = { nowNs: 0n, seed: 'test', timeoutMs: 5000, print: false }
  const { result, error } = await toolchain.eval({ files, entrypoint, input, ...options })
  expect(error).toBeUndefined()
  return (JSON.parse(result ?? '{}') as { alert: unknown[] }).alert
}

/** The two policies as AlertChain's README prints them (github.com/m-mizutani/alertchain at v0.0.20, Apache-2.0). */
const README = `
package alert.aws_guardduty
alert[res] {
f := input.Findings[_]
startswith(f.Type, "Trojan:")
f.Severity > 7
res := {
"title": f.Type,
"source": "aws",
"description": f.Description,
"attrs": [{
"key": "instance ID",
"value": f.Resource.InstanceDetails.InstanceId,
}],
}
}
package action
run[res] {
input.alert.source == "aws"
res := {
"id": "ask-gpt",
"uses": "chatgpt.comment_alert",
"args": {"secret_api_key": input.env.CHATGPT_API_KEY},
}
}
run[res] {
gtp := input.called[_]
gtp.id == "ask-gpt"
res := {
"id": "notify-slack",
"uses": "slack.post",
"args": {
"secret_url": input.env.SLACK_WEBHOOK_URL,
"channel": "alert",
"body": gtp.result.choices[0].message.content,
},
}
}
`
