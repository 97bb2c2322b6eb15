// AlertChain's `pkg/infra` (`behaviour/alertchain.md` §10.6): the policy client and the database, as the policies and the
// store of Tocsin have them. Its recorder's test is among the tests of `play`.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { compilePolicy } from '../../../electron/engine/policy/compile.ts'
import { Toolchain } from '../../../electron/engine/policy/toolchain/toolchain.ts'
import { WasmEvaluator } from '../../../electron/engine/policy/wasm-evaluator.ts'
import { readWorkspace } from '../../../electron/engine/policy/workspace.ts'
import { ResultObject } from '../../../electron/engine/policy/policy-result.ts'
import { workflowById, workflowPage } from '../../../electron/engine/store/queries/workflows.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { AlertChainWorld } from '../../fakes/alert-chain.ts'
import { addChain } from '../../fakes/chain-rows.ts'
import { addAlert, openTestStore, type TestStore } from '../../fakes/store.ts'

const POLICY = 'package test\n\ndefault allow := false\n\nallow if input.role == "admin"\n\nroles := {"admin": allow}\n'

describe('policy client', () => {
  const toolchain = new Toolchain()
  afterAll(() => toolchain.close())
  let folder = ''
  afterEach(() => rm(folder, { recursive: true }))

  /** The document of package `test` for an input, by the policies of a folder. */
  async function ask(role: string): Promise<ResultObject> {
    const { sources } = await readWorkspace(folder)
    const request = { files: sources, data: {}, hosted: [], print: false, entrypoints: ['test'] }
    const { wasm } = await toolchain.compile(request)
    const evaluator = new WasmEvaluator(await WebAssembly.compile(wasm!), '{}')
    const input = new TextEncoder().encode(JSON.stringify({ role }))
    const { result } = evaluator.evaluate('test', input, { nowNs: '0', seed: '' })
    return new ResultObject(result ?? null, 'test')
  }

  it.each(['policy.rego', 'some/folder/policy.rego'])('allows admin and nobody else, from %s', async (path) => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-policy-'))
    await mkdir(join(folder, 'some/folder'), { recursive: true })
    await writeFile(join(folder, path), POLICY)
    expect((await ask('admin')).flag('allow')).toBe(true)
    expect((await ask('user')).flag('allow')).toBe(false)
  })

  it('no policy is an error', async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-policy-'))
    await expect(compilePolicy(toolchain, await readWorkspace(folder))).rejects.toMatchObject({
      details: { diagnostics: [{ code: 'no_policy_files' }] },
    })
  })

  it('an object where a boolean is expected is an error', async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-policy-'))
    await writeFile(join(folder, 'policy.rego'), POLICY)
    const document = await ask('admin')
    expect(() => document.flag('roles')).toThrow(expect.objectContaining({ code: 'policy_result' }))
  })
})

describe('database', () => {
  let store: TestStore
  afterEach(() => store.close())

  it('PutGet', async () => {
    store = await openTestStore({ isInMemory: true })
    const put = (namespace: string, id: string, key: string, value: JsonValue): Promise<number> =>
      store.writer.commit('test', (tx) => {
        const attribute = { id, key, value, type: '', persist: true, ttl: 0 }
        return store.attributes.write(tx, namespace, attribute, { chainId: 'c', attemptId: null })
      })
    const get = (namespace: string): [string, string, JsonValue][] =>
      store.attributes.now(namespace, store.clock.now()).map(({ id, key, value }) => [id, key, value])
    await put('ns1', '1', 'key1', 'value1')
    await put('ns1', '2', 'key2', 'value2')
    await put('ns2', '3', 'key3', 'value3')
    expect([get('ns1'), get('ns2'), get('ns3')]).toEqual([
      [
        ['1', 'key1', 'value1'],
        ['2', 'key2', 'value2'],
      ],
      [['3', 'key3', 'value3']],
      [],
    ])
    // On purpose not AlertChain's: an update replaces the whole record, its key too (`design.md` §5).
    await put('ns1', '1', 'keyA', 'valueA')
    expect(get('ns1').toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ['1', 'keyA', 'valueA'],
      ['2', 'key2', 'value2'],
    ])
  })

  it('Workflow', async () => {
    store = await openTestStore({ isInMemory: true })
    const alerts: string[] = []
    const chains: string[] = []
    for (let record = 0; record < 5; record += 1) {
      const alert = await addAlert(store, { id: `alert-${record + 1}` })
      alerts.push(alert.id)
      chains.push((await addChain(store, { alertId: alert.id })).id)
      store.clock.advance(1000)
    }
    const page = workflowPage(store.db, { offset: 1, limit: 2 })
    expect(page.map(({ alertId }) => alertId)).toEqual([alerts[3], alerts[2]])
    expect(workflowById(store.db, chains[1]!)?.alertId).toBe(alerts[1])
  })

  it('Alert', async () => {
    store = await openTestStore({ isInMemory: true })
    const alerts = []
    for (let n = 1; n <= 3; n += 1) alerts.push(await addAlert(store, { title: `alert ${n}` }))
    expect(store.alerts.get(alerts[1]!.id)).toMatchObject({ id: alerts[1]!.id, title: 'alert 2' })
  })
})

describe('the lock of a namespace', () => {
  let world: AlertChainWorld
  afterEach(() => world.close())

  const alert = 'package alert.a\n\nalert contains {"title": "t", "namespace": "default"}\n'

  it('Lock: ten tasks take turns', async () => {
    const events: string[] = []
    const action = 'package action\n\nrun contains {"id": "x", "uses": "mock"}\n'
    world = await AlertChainWorld.open(
      { 'alert.rego': alert, 'action.rego': action },
      {
        mock: async () => {
          events.push('lock')
          // Others would come in between if nothing kept them out.
          for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
          events.push('unlock')
          return null
        },
      },
    )
    await Promise.all(Array.from({ length: 10 }, () => world.receive('a', null)))
    await world.idle()
    expect(events).toEqual(Array.from({ length: 20 }, (_none, index) => (index % 2 === 0 ? 'lock' : 'unlock')))
  })

  it('LockExpire: who waits holds no lock, so a second one goes on without an end of the first', async () => {
    // AlertChain's lock has a time; here a chain that waits for somebody has none (`design.md` §5).
    const action =
      'package action\n\nrun contains {"id": "x", "uses": "mock", "approval": asks}\n\nasks if input.alert.data == "first"\n\nasks := false if input.alert.data != "first"\n'
    world = await AlertChainWorld.open({ 'alert.rego': alert, 'action.rego': action }, { mock: () => null })
    const [first] = await world.handle('a', 'first')
    const [second] = await world.handle('a', 'second')
    expect([first!.chain.state, second!.chain.state]).toEqual(['waiting', 'completed'])
    expect(world.calls).toHaveLength(1)
  })
})
