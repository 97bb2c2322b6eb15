import { chmodSync, existsSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openEngineWorld, type EngineWorld } from '../../tests/fakes/engine.ts'
import { callNames } from '../../shared/contract.ts'
import type { Settings } from '../../shared/model/settings.ts'
import type { EngineConfig } from './ports/config.ts'
import { makeBackup } from './store/backup.ts'

let world: EngineWorld
const open = async (more?: (folder: string) => Partial<EngineConfig>): Promise<EngineWorld> =>
  (world = await openEngineWorld(more))
afterEach(() => world.close())

function send(
  url: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

describe('first start', () => {
  it('fills the workspace without the examples and has a live policy', async () => {
    const { started, dataDir, ask } = await open()
    expect(started).toMatchObject({
      receiver: { state: 'listening' },
      failure: null,
      isPolicyLive: true,
      policyProblem: null,
    })
    expect(readdirSync(join(dataDir, 'workspace')).sort()).toEqual([
      'action',
      'alert',
      'authz',
      'emit',
      'hooks',
      'inspect',
      'review',
    ])
    const state = await ask('desk.state', {})
    expect(state).toMatchObject({
      host: 'browser',
      mode: 'ask',
      policy: { number: 1 },
      counts: { waiting: 0, open: 0, problems: 0, containments: 0 },
      lastEventAt: null,
      isFirstRun: true,
      engine: 'running',
      store: { state: 'ok' },
      vault: { isWeak: true },
    })
  })

  it('leaves a workspace as it is that holds anything, and says where each version came from', async () => {
    const { dataDir, restart } = await open()
    const originOf = (): string | undefined => {
      const { policies } = world.engine.services().store
      return policies.get(policies.live()?.id ?? '')?.origin
    }
    expect(originOf()).toBe('starter')
    writeFileSync(join(dataDir, 'workspace/action/main.rego'), 'package action\n')
    await restart()
    expect(readFileSync(join(dataDir, 'workspace/action/main.rego'), 'utf8')).toBe('package action\n')
    expect((await world.ask('desk.state', {})).policy?.number).toBe(2)
    expect(originOf()).toBe('workspace')
  })

  it('has a handler for every call of the contract', async () => {
    const { engine } = await open()
    for (const name of callNames) {
      const answer = await engine.call(name, {})
      expect([name, answer.ok || answer.error.code !== 'engine_not_running']).toEqual([name, true])
    }
  })
})

describe('the first alert', () => {
  it('goes from the sample to quarantine and back, through a restart', async () => {
    const { ask, idle, folder, dataDir, topics } = await open()
    await ask('settings.set', { changes: { 'quarantine.roots': [join(folder, 'home')] } })
    const sample = await ask('sample.send', {})
    const path = sample.path
    expect(path.startsWith(join(folder, 'home', 'tocsin-sample'))).toBe(true)
    const before = readFileSync(path)
    chmodSync(path, 0o640)
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    await idle()

    const { rows } = await ask('approvals.list', {})
    expect(rows).toMatchObject([
      { kind: 'approval', uses: 'file.quarantine', effect: 'contain', alertId: sample.alertId },
    ])
    const { actionId } = rows[0]!
    const card = await ask('approvals.get', { actionId })
    expect(card.args.map(({ key }) => key).sort()).toEqual(['path', 'sha256'])
    const alert = await ask('alerts.get', { id: sample.alertId ?? '' })
    expect(alert.alert).toMatchObject({ title: expect.stringContaining('EICAR') as string, severity: 'low' })

    const isExplained = (): boolean =>
      topics.some(
        ([topic, payload]) =>
          topic === 'changed' && JSON.stringify(payload).includes(`"what":["alerts"],"alertIds":["${sample.alertId}"`),
      )
    await vi.waitFor(() => expect(isExplained()).toBe(true), { timeout: 10_000 })
    expect((await ask('alerts.get', { id: sample.alertId ?? '' })).why).toMatchObject({
      file: 'alert/clamav.rego',
      rule: 'alert',
    })

    expect(card.asked).toMatchObject({ file: 'action/main.rego' })
    world.engine.services().store.db.exec("UPDATE action SET asked = 'null'")
    expect(await ask('approvals.get', { actionId })).toMatchObject({ asked: null, canExplain: true })
    expect(await ask('approvals.explain', { actionId })).toEqual({ asked: card.asked })

    const { boundHash } = card
    await ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' })
    await idle()
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(join(dataDir, 'quarantine')).length).toBeGreaterThan(0)
    const [chain] = alert.chains
    expect(await ask('chains.get', { id: chain?.id ?? '' })).toMatchObject({
      state: 'completed',
      rounds: [{ actions: [{ state: 'succeeded', canBeUndone: true, attempts: [{ outcome: 'succeeded' }] }] }, {}],
    })

    await world.restart()
    const contained = await world.ask('containments.list', {})
    expect(contained.rows).toMatchObject([{ uses: 'file.quarantine', undo: { uses: 'file.restore' } }])
    const undo = await world.ask('containments.undo', { attemptId: contained.rows[0]!.attemptId })
    const undoCard = await world.ask('approvals.get', { actionId: undo.actionId })
    await world.ask('approvals.approve', {
      actionId: undo.actionId,
      boundHash: undoCard.boundHash,
      isStaleConfirmed: false,
      editedArgs: null,
      why: '',
    })
    await world.idle()
    expect(readFileSync(path)).toEqual(before)
    const back = statSync(path)
    expect([back.mode & 0o777, back.mtimeMs]).toEqual([0o640, 1_700_000_000_000])
    expect((await world.ask('containments.list', {})).rows).toEqual([])
    expect(await world.ask('store.verifyAudit', {})).toMatchObject({ isIntact: true, firstBadSeq: null })
    expect(topics.some(([topic, payload]) => topic === 'news' && JSON.stringify(payload).includes('New alert'))).toBe(
      true,
    )
  })

  it('does nothing after a rejection', async () => {
    const { ask, idle, folder } = await open()
    await ask('settings.set', { changes: { 'quarantine.roots': [join(folder, 'home')] } })
    const { path } = await ask('sample.send', {})
    await idle()
    const { rows } = await ask('approvals.list', {})
    const { actionId } = rows[0]!
    const { boundHash } = await ask('approvals.get', { actionId })
    expect(await ask('approvals.reject', { actionId, boundHash, reason: 'mine' })).toEqual({
      state: 'rejected',
      isYours: true,
    })
    await idle()
    expect(existsSync(path)).toBe(true)
    expect((await ask('containments.list', {})).rows).toEqual([])
  })
})

describe('triage, events, problems', () => {
  it('pages what came and writes triage as acts', async () => {
    const { ask, started } = await open()
    const url = started.receiver.url ?? ''
    expect((await send(`${url}/alert/clamav`, '{"virus":"X","path":"/nowhere/a"}')).status).toBe(200)
    expect((await send(`${url}/alert/nothing_here`, '{}')).status).toBe(200)
    await world.idle()
    const page = { upToSeq: null, offset: 0, limit: 50 }
    const alerts = await ask('alerts.page', { filter: {}, ...page })
    expect(alerts.rows).toMatchObject([{ title: 'X in a', triage: 'new' }])
    const events = await ask('events.page', { outcomes: [], ...page })
    expect(events.rows.map(({ schema, outcome }) => [schema, outcome])).toEqual([
      ['nothing_here', 'no_policy'],
      ['clamav', 'alerts'],
    ])
    expect(await ask('events.get', { id: events.rows[1]!.id })).toMatchObject({
      body: expect.stringContaining('virus') as string,
    })
    const ids = [alerts.rows[0]!.id]
    expect(
      await ask('alerts.triage', { ids, scope: 'row', state: 'closed', verdict: 'benign', note: 'ok' }),
    ).toMatchObject({ changed: 1 })
    expect((await ask('alerts.facets', { filter: {} })).triage).toEqual([{ value: 'closed', count: 1 }])
    const problems = await ask('problems.list', {})
    const noPolicy = problems.rows.find(({ code }) => code === 'no_policy')
    expect(noPolicy).toMatchObject({ schema: 'nothing_here', canReprocess: true })
    expect(await ask('problems.reprocess', { id: noPolicy?.id ?? '' })).toMatchObject({ isResolved: false })
    await ask('problems.dismiss', { id: noPolicy?.id ?? '', reason: 'not needed' })
    expect((await ask('problems.list', {})).rows.map(({ code }) => code)).not.toContain('no_policy')
  })
})

describe('settings', () => {
  it('[S11] takes no address outside this machine', async () => {
    const { call } = await open()
    for (const address of [
      '0.0.0.0:8080',
      '192.168.1.2:8080',
      '[::1]:8080',
      'evil.test:80',
      '127.0.0.1:99999',
      '8080',
    ]) {
      const answer = await call('settings.set', { changes: { 'receiver.address': address } })
      expect([address, answer]).toMatchObject([address, { ok: false, error: { code: 'address_not_loopback' } }])
      const retry = await call('receiver.retry', { address })
      expect([address, retry]).toMatchObject([address, { ok: false, error: { code: 'address_not_loopback' } }])
    }
  })

  it('refuses what cannot work, and changes nothing', async () => {
    const { call, ask } = await open()
    const before = await ask('settings.get', {})
    const wrong: Partial<Settings>[] = [
      { 'net.allow': ['not an address!'] },
      { 'sns.topics': ['arn:aws:sqs:eu-central-1:123456789012:queue'] },
      { 'env.process': ['A:secret'] },
      { 'quarantine.roots': ['relative/path'] },
      { 'contain.protected': ['web-1', '10.0.0.0/33'] },
      { 'net.proxy': 'ftp://proxy' },
      { 'net.caFile': '/nowhere/ca.pem' },
      { 'service.urls': { OPENAI_BASE_URL: 'javascript:alert(1)' } },
      { 'service.urls': { OPENAI_BASE_URL: 'https://user:password@api.test/v1' } },
      { 'service.urls': { OPENAI_BASE_URL: 'https://api.test/v1?key=x' } },
      { 'env.variables': { 'A B': 'x' } },
      { 'env.variables': { 'A:plain': 'x' } },
      { 'response.mode': 'policy' },
    ]
    for (const changes of wrong) {
      expect([changes, (await call('settings.set', { changes })).ok]).toEqual([changes, false])
      expect(await ask('settings.get', {})).toEqual(before)
    }
  })

  it('takes effect at once', async () => {
    const { ask, started } = await open()
    const url = `${started.receiver.url ?? ''}/alert/clamav`
    await ask('settings.set', { changes: { 'receiver.maxBodyBytes': 1024 } })
    expect((await send(url, JSON.stringify({ virus: 'x'.repeat(2000) }))).status).toBe(413)
    await ask('settings.set', { changes: { 'receiver.maxBodyBytes': 4096 } })
    expect((await send(url, JSON.stringify({ virus: 'x'.repeat(2000) }))).status).toBe(200)
  })

  it('switches the mode, asks about held chains first, and keeps it', async () => {
    const { ask, started } = await open((folder) => ({ mode: 'off', policyDir: join(folder, 'data/workspace') }))
    expect((await ask('desk.state', {})).mode).toBe('off')
    await send(`${started.receiver.url ?? ''}/alert/clamav`, '{"virus":"X","path":"/nowhere/a"}')
    expect((await ask('desk.state', {})).heldChains).toBe(1)
    expect(await ask('mode.set', { mode: 'ask', held: null })).toEqual({ mode: 'off', heldChains: 1 })
    expect(await ask('mode.set', { mode: 'ask', held: 'close' })).toEqual({ mode: 'ask', heldChains: 0 })
    expect((await ask('settings.get', {}))['response.mode']).toBe('ask')
  })

  it('keeps secrets out of every answer, the log and the database [S10]', async () => {
    const { ask, started, dataDir, folder } = await open()
    const canary = 'canary-4f1b9c77-value'
    await ask('secrets.set', { name: 'API_KEY', value: canary, hosts: ['api.example.com'] })
    const { rows } = await ask('secrets.list', {})
    expect(rows).toMatchObject([{ name: 'API_KEY', hosts: ['api.example.com'], isReadable: true }])
    await send(`${started.receiver.url ?? ''}/alert/clamav`, '{"virus":"X","path":"/nowhere/a"}')
    await world.idle()
    await ask('secrets.remove', { name: 'API_KEY' })
    expect((await ask('secrets.list', {})).rows).toEqual([])
    await world.engine.stop()
    for (const file of ['tocsin.db', 'tocsin.db-wal'].map((name) => join(dataDir, name)).concat(join(folder, 'log'))) {
      if (existsSync(file)) expect([file, readFileSync(file).includes(canary)]).toEqual([file, false])
    }
  })

  it('makes a source whose token is then asked for', async () => {
    const { ask, started } = await open()
    const url = `${started.receiver.url ?? ''}/alert/clamav`
    const { id, token } = await ask('sources.create', { name: 'laptop' })
    expect((await send(url, '{}', { authorization: `Bearer ${token}` })).status).toBe(200)
    expect((await send(url, '{}', { authorization: 'Bearer wrong-token' })).status).toBe(401)
    expect((await ask('sources.list', {})).rows).toMatchObject([{ id, name: 'laptop', events: 1 }])
    await ask('sources.revoke', { id })
    expect((await send(url, '{}', { authorization: `Bearer ${token}` })).status).toBe(401)
    expect(await world.call('sources.revoke', { id })).toMatchObject({ ok: false, error: { code: 'source_missing' } })
  })
})

describe('a database that cannot be used', () => {
  it('[S27] is left as it is; export and restore are answered, nothing else', async () => {
    const { ask, dataDir, engine } = await open()
    await ask('sources.create', { name: 'kept' })
    const backup = await makeBackup(engine.services().store.db, join(dataDir, 'backups'), 'daily', Date.now())
    await engine.stop()
    const database = join(dataDir, 'tocsin.db')
    writeFileSync(database, 'this is no database, and it is long enough to be read as one'.repeat(200))
    const damaged = readFileSync(database)
    await world.restart()
    expect(world.started).toMatchObject({ failure: { code: 'store_corrupt' }, receiver: { state: 'stopped' } })
    const state = await world.ask('desk.state', {})
    expect(state.store).toMatchObject({ state: 'corrupt', message: expect.stringContaining('damaged') as string })
    expect(await world.call('alerts.get', { id: 'x' })).toMatchObject({ ok: false, error: { code: 'store_corrupt' } })
    const { path } = await world.ask('store.export', {})
    expect(readFileSync(path)).toEqual(damaged)
    expect(readFileSync(database)).toEqual(damaged)
    expect(await world.call('store.restore', { backup: 'daily-1.db' })).toMatchObject({ ok: false })
    expect((await world.ask('desk.state', {})).store).toMatchObject({ state: 'corrupt', backups: [backup] })
    await world.ask('store.restore', { backup: backup.name })
    expect(await world.ask('desk.state', {})).toMatchObject({
      store: { state: 'ok' },
      receiver: { state: 'listening' },
    })
    expect((await world.ask('sources.list', {})).rows).toMatchObject([{ name: 'kept' }])
  })

  it('[S30] exports a copy that only the owner can read', async () => {
    const { ask } = await open()
    const { path } = await ask('store.export', {})
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toContain('"table":"policy_version"')
  })

  it('refuses a second engine on the folder', async () => {
    const { dataDir } = await open()
    await expect(openEngineWorld(() => ({ dataDir }))).rejects.toMatchObject({ code: 'store_locked' })
  })
})
