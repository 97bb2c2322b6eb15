import { copyFile, mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TocsinError } from '../../../shared/errors.ts'
import type { Log } from '../ports/ports.ts'
import { openStore, type Store } from '../store/store.ts'
import { systemClock, systemIds } from '../ports/system-ports.ts'
import { evaluatorBuild } from './evaluator-build.ts'
import { PolicyPool } from './policy-pool.ts'
import { PolicyService } from './policy-service.ts'
import { Toolchain } from './toolchain/toolchain.ts'

const log: Log = { debug() {}, info() {}, warn() {}, error() {} }
const toolchain = new Toolchain()
/** The policies of AlertChain's README, in their first form (Rego v0). */
const EXAMPLE = join(import.meta.dirname, '../../../policies/examples/guardduty')
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const finding = (Type: string, Severity: number): object => ({
  Type,
  Severity,
  Description: 'd',
  Resource: { InstanceDetails: { InstanceId: 'i-1' } },
})

const FORM_COLUMNS = ['version_id', 'form', 'compiler_hash', 'since', 'compiled', 'compiled_sha256', 'meta']

/** SQL that adds a form like the stored one, with other values in some of its columns. */
function laterForm(changes: Record<string, string>): string {
  const values = FORM_COLUMNS.map((column) => changes[column] ?? column).join(', ')
  return `INSERT INTO policy_form (${FORM_COLUMNS.join(', ')}) SELECT ${values} FROM policy_form`
}

describe('PolicyService', () => {
  let folder: string
  let store: Store
  const services: PolicyService[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-policy-'))
    store = await openStore({ dataDir: null, clock: systemClock, ids: systemIds, log })
  })

  afterEach(async () => {
    for (const service of services.splice(0)) await service.stop()
    await store.close()
    await rm(folder, { recursive: true })
  })

  async function start(policyDir: string | null = folder, chain = toolchain): Promise<PolicyService> {
    const { policies, writer } = store
    const service = new PolicyService({
      policies,
      writer,
      toolchain: chain,
      pool: new PolicyPool({ log }),
      policyDir,
      log,
    })
    services.push(service)
    await service.start()
    return service
  }

  const save = (name: string, source: string): Promise<void> => writeFile(join(folder, name), source)
  const copySeed = async (): Promise<void> => {
    for (const name of ['alert.rego', 'action.rego']) await copyFile(join(EXAMPLE, name), join(folder, name))
  }
  const request = (service: PolicyService, entrypoint: string, input: unknown) => ({
    versionId: service.live()?.id ?? '',
    entrypoint,
    input: bytes(input),
    nowNs: '1700000000000000001',
    seed: 'seed',
  })
  const change = (service: PolicyService): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = service.onChange(() => {
      end()
      resolve()
    })
    return promise
  }

  it('makes the seed policies live and evaluates them', async () => {
    await copySeed()
    const service = await start()
    expect(service.problem()).toBeNull()
    expect(service.live()).toMatchObject({ number: 1, generation: 'commit' })
    expect(service.hasEntrypoint(service.live()!.id, 'alert/aws_guardduty')).toBe(true)
    expect(service.hasEntrypoint(service.live()!.id, 'alert/other')).toBe(false)
    const answer = await service.evaluate(
      request(service, 'alert/aws_guardduty', { Findings: [finding('Trojan:x', 8), finding('Recon:y', 9)] }),
    )
    expect(answer).toMatchObject({ evaluator: 'wasm', error: null, prints: [] })
    expect(answer.evaluatorHash).toMatch(/^[0-9a-f]{64}$/)
    expect(answer.result).toEqual({
      alert: [
        {
          title: 'Trojan:x',
          source: 'aws',
          description: 'd',
          attrs: [{ key: 'instance ID', value: 'i-1' }],
        },
      ],
    })
    const acts = store.db.prepare("SELECT kind, subject_id AS id FROM act WHERE kind = 'policy.live'").all()
    expect(acts).toEqual([{ kind: 'policy.live', id: service.live()!.id }])
  })

  it('explains which rule made an alert, with the values it saw', async () => {
    await copySeed()
    const service = await start()
    const input = { Findings: [finding('Trojan:a', 9), finding('Trojan:x', 8), finding('Recon:y', 9)] }
    const asked = request(service, 'alert/aws_guardduty', input)
    const { result } = await service.evaluate(asked)
    const member = (result as { alert: { title: string }[] }).alert.find(({ title }) => title === 'Trojan:x')!
    const why = await service.explain(asked, 'alert', member)
    expect(why).toMatchObject({
      rule: 'alert',
      file: 'alert.rego',
      row: 3,
      sentence: 'type starts with Trojan:, severity 8 > 7',
    })
    expect(why?.lines.find(({ text }) => text.includes('f.Severity > 7'))).toMatchObject({
      hit: 'lit',
      values: 'f.Severity = 8',
    })
  })

  it('keeps the last good version live when a save is broken, and says where; the fix goes live', async () => {
    await save('a.rego', 'package alert.a\n\nalert contains {"title": "one"}\n')
    const service = await start()
    const first = service.live()!
    let changed = change(service)
    await save('a.rego', 'package alert.a\n\nalert contains {"title": }\n')
    await changed
    expect(service.live()).toEqual(first)
    expect(service.problem()?.[0]).toMatchObject({ code: 'rego_parse_error', file: 'a.rego', row: 3, col: 26 })
    changed = change(service)
    await mkdir(join(folder, 'sub'))
    await save('a.rego', 'package alert.a\n\nalert contains {"title": "two"}\n')
    await changed
    expect(service.problem()).toBeNull()
    expect(service.live()).toMatchObject({ number: 2 })
    const old = await service.evaluate({ ...request(service, 'alert/a', {}), versionId: first.id })
    expect(old.result).toEqual({ alert: [{ title: 'one' }] })
    changed = change(service)
    await save('sub/b.rego', 'package alert.b\n\nalert contains {"title": "three"}\n')
    await changed
    expect(service.hasEntrypoint(service.live()!.id, 'alert/b')).toBe(true)
  })

  it('starts from the database without the tool chain', async () => {
    await save('a.rego', 'package alert.a\n\nalert contains {"title": data.names.first}\n')
    await mkdir(join(folder, 'names'))
    await save('names/data.json', '{"first": "Ada"}')
    await (await start()).stop()
    services.length = 0
    const broken = new Toolchain()
    const refuse = vi.spyOn(broken, 'compile').mockRejectedValue(new TocsinError('toolchain_corrupt', 'no'))
    vi.spyOn(broken, 'check').mockRejectedValue(new TocsinError('toolchain_corrupt', 'no'))
    const service = await start(folder, broken)
    expect(service.problem()).toBeNull()
    expect((await service.evaluate(request(service, 'alert/a', {}))).result).toEqual({ alert: [{ title: 'Ada' }] })
    expect(refuse).not.toHaveBeenCalled()
    const changed = change(service)
    await save('a.rego', 'package alert.a\n\nalert contains {"title": "new"}\n')
    await changed
    expect(service.problem()).toEqual([{ code: 'toolchain_corrupt', message: 'no' }])
    expect((await service.evaluate(request(service, 'alert/a', {}))).result).toEqual({ alert: [{ title: 'Ada' }] })
  })

  it('reads data from YAML, checks tests without evaluating them, and follows no links', async () => {
    await save('data.yaml', 'limit: 3\n')
    await save('a.rego', 'package action\n\nrun contains {"id": "x", "limit": data.limit}\n')
    await save('a_test.rego', 'package action\n\ntest_run if count(run) == 1\n')
    await symlink('/etc', join(folder, 'etc'))
    await symlink(join(folder, 'a.rego'), join(folder, 'link.rego'))
    const service = await start()
    expect(service.problem()).toBeNull()
    expect((await service.evaluate(request(service, 'action', {}))).result).toEqual({ run: [{ id: 'x', limit: 3 }] })
  })

  it('has a problem and no live version in an empty folder, and none at all where the folder is missing', async () => {
    const service = await start()
    expect(service.live()).toBeNull()
    expect(service.problem()).toEqual([expect.objectContaining({ code: 'no_policy_files' })])
    const missing = await start(join(folder, 'missing'))
    expect(missing.problem()).toEqual([expect.objectContaining({ code: 'workspace_unreadable' })])
  })

  it.each([
    ['missing', laterForm({ compiled: 'NULL' }), 'policy_corrupt'],
    ['damaged', laterForm({ compiled: "x'0061736d01000000ff'" }), 'policy_corrupt'],
    [
      'from a later version of the application',
      laterForm({ meta: `json_set(meta, '$.requiredBuiltins', json('["new.builtin"]'))` }),
      'policy_builtin_missing',
    ],
  ])('[S22] answers with an error when the compiled form is %s', async (_what, damage, code) => {
    await save('a.rego', 'package alert.a\n\nalert contains {"title": "one"}\n')
    const first = await start()
    const id = first.live()!.id
    await first.stop()
    services.length = 0
    store.db.exec(damage)
    const service = await start(null)
    expect(service.live()).toBeNull()
    expect(service.problem()).toEqual([expect.objectContaining({ code })])
    const answer = await service.evaluate({ ...request(service, 'alert/a', {}), versionId: id })
    expect(answer).toMatchObject({ result: undefined, error: { code } })
    await expect(service.version(id)).rejects.toMatchObject({ code })
  })

  it('[S22] takes no compiled form for a version that is not its own, however sound', async () => {
    for (const title of ['one', 'two']) {
      await save('a.rego', `package alert.a\n\nalert contains {"title": "${title}"}\n`)
      await (await start()).stop()
      services.length = 0
    }
    store.db.exec(laterForm({ compiled: '(SELECT compiled FROM policy_form ORDER BY seq LIMIT 1)' }))
    const service = await start(null)
    expect([service.live(), service.problem()]).toEqual([null, [expect.objectContaining({ code: 'policy_corrupt' })]])
  })

  it('[S22] makes no version live that compiles and cannot be loaded: the last one stays', async () => {
    await save('a.rego', 'package alert.a\n\nalert contains {"title": "one"}\n')
    const service = await start()
    const first = service.live()?.id
    const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new Error('out of memory'))
    await save('a.rego', 'package alert.a\n\nalert contains {"title": "two"}\n')
    await service.refresh()
    expect(service.problem()).toEqual([expect.objectContaining({ code: 'policy_corrupt' })])
    expect([service.live()?.id, store.policies.live()?.id]).toEqual([first, first])
    expect(store.db.prepare('SELECT count(*) FROM policy_version').pluck().get()).toBe(1)
    expect((await service.evaluate(request(service, 'alert/a', {}))).result).toEqual({ alert: [{ title: 'one' }] })
    compile.mockRestore()
    await service.refresh()
    expect((await service.evaluate(request(service, 'alert/a', {}))).result).toEqual({ alert: [{ title: 'two' }] })
  })

  it('[S22] repairs a damaged compiled form from the folder', async () => {
    await save('a.rego', 'package alert.a\n\nalert contains {"title": "one"}\n')
    await (await start()).stop()
    store.db.exec(laterForm({ compiled: "x'00'" }))
    expect((await start()).problem()).toBeNull()
    await services.pop()?.stop()
    services.length = 0
    const service = await start(null)
    expect((await service.evaluate(request(service, 'alert/a', {}))).result).toEqual({ alert: [{ title: 'one' }] })
  })

  it('[S22] answers with an error for a version that is not stored', async () => {
    const service = await start(null)
    const answer = await service.evaluate({ ...request(service, 'action', {}), versionId: 'none' })
    expect(answer).toMatchObject({ result: undefined, error: { code: 'policy_version_missing' } })
  })

  it('compiles anew what another tool chain compiled, under the same number', async () => {
    await save('a.rego', 'package alert.a\n\nalert contains {"title": "one"}\n')
    await (await start()).stop()
    services.length = 0
    store.db.exec(laterForm({ compiler_hash: "'older'", compiled: 'NULL' }))
    const service = await start()
    expect(service.problem()).toBeNull()
    expect(service.live()).toMatchObject({ number: 1, form: 3 })
    const { result, form, evaluatorHash } = await service.evaluate(request(service, 'alert/a', {}))
    expect(result).toEqual({ alert: [{ title: 'one' }] })
    expect([form, evaluatorHash]).toEqual([3, evaluatorBuild()])
    const forms = store.db.prepare('SELECT compiler_hash AS hash FROM policy_form ORDER BY seq').pluck().all()
    expect([forms.length, forms[0], forms[1]]).toEqual([3, forms[2], 'older'])
    expect(() => store.db.exec("UPDATE policy_version SET sources = '[]'")).toThrow('append-only')
  })
})
