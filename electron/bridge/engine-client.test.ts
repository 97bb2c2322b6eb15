import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { EngineConfig } from '../engine/ports/config.ts'
import type { SecretPort } from '../engine/ports/ports.ts'
import { TocsinError } from '../../shared/errors.ts'
import { EngineClient } from './engine-client.ts'
import { RestartLimit } from './restart-limit.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const started = {
  receiver: { state: 'listening', url: null, address: '', message: '' },
  failure: null,
  doubt: null,
  isPolicyLive: true,
  policyProblem: null,
}

const secrets: SecretPort = {
  list: () => Promise.resolve([]),
  reveal: (name) =>
    name === 'KNOWN'
      ? Promise.resolve('the value')
      : Promise.reject(new TocsinError('secret_missing', `There is no secret named ${name}.`)),
  set: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  handleKey: () => Promise.resolve(new Uint8Array(32)),
  generations: () => Promise.resolve([]),
  keepGeneration: () => Promise.resolve(),
  backend: () => Promise.resolve({ backend: 'test', isWeak: false, message: '' }),
}

const clients: EngineClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.stop()
})

/** A client whose engine thread runs this code; \`port\`, \`tell\` and \`started\` are there. */
function clientOf(code: string): EngineClient {
  const path = join(mkdtempSync(join(tmpdir(), 'tocsin-thread-')), 'thread.mjs')
  writeFileSync(
    path,
    `import { parentPort as port } from 'node:worker_threads'
     const tell = (message) => port.postMessage(message)
     const started = ${JSON.stringify(started)}
     port.on('message', (message) => { if (message.type === 'stop') { tell({ type: 'stopped' }); port.close() } })
     ${code}`,
  )
  const client = new EngineClient({ config: {} as EngineConfig, secrets, log: quiet, entry: pathToFileURL(path) }) // the fake thread reads none
  clients.push(client)
  return client
}

/** The next news of the engine. */
function news(client: EngineClient): Promise<string> {
  return new Promise((resolve) => {
    const end = client.onTopic((topic, payload) => {
      if (topic !== 'news' || !('text' in payload)) return
      end()
      resolve(payload.text)
    })
  })
}

it('passes on that the machine slept', async () => {
  const client = clientOf(`
    port.on('message', ({ type, sleptMs }) => {
      if (type === 'wokeUp') tell({ type: 'topic', topic: 'news', payload: { kind: 'engine', text: String(sleptMs) } })
    })
    tell({ type: 'started', started })`)
  await client.start()
  const told = news(client)
  client.wokeUp(7_200_000)
  expect(await told).toBe('7200000')
})

const ANSWERING = `
  port.on('message', ({ type, id, name }) => {
    if (type === 'call' && name === 'desk.state') tell({ type: 'answer', id, answer: { ok: true, value: { version: '1', engine: 'running' } } })
    if (type === 'call' && name === 'chains.stop') process.exit(1)
  })
  tell({ type: 'started', started })`

describe('engine client', () => {
  it('passes calls, answers and topics', async () => {
    const client = clientOf(`${ANSWERING}
      port.on('message', ({ type, name }) => {
        if (type === 'call' && name === 'alerts.get') tell({ type: 'topic', topic: 'news', payload: { kind: 'alert', text: 'New', alertId: null, actionId: null } })
      })`)
    expect(await client.start()).toEqual(started)
    expect(await client.call('desk.state', {})).toEqual({ ok: true, value: { version: '1', engine: 'running' } })
    const heard = news(client)
    void client.call('alerts.get', { id: 'x' })
    expect(await heard).toBe('New')
  })

  it('answers questions for secrets from the vault, refusals by their code', async () => {
    const client = clientOf(`
      port.on('message', (message) => {
        if (message.type === 'call') globalThis.call = message.id, tell({ type: 'secret', id: 1, operation: 'reveal', args: [message.arg.name] })
        if (message.type === 'secret') tell({ type: 'answer', id: globalThis.call, answer: message.answer })
      })
      tell({ type: 'started', started })`)
    await client.start()
    expect(await client.call('secrets.remove', { name: 'KNOWN' })).toEqual({ ok: true, value: 'the value' })
    expect(await client.call('secrets.remove', { name: 'OTHER' })).toMatchObject({
      ok: false,
      error: { code: 'secret_missing' },
    })
  })

  it('tells why an engine could not start', async () => {
    const failing = clientOf(
      `tell({ type: 'failed', error: { code: 'store_locked', message: 'Taken.' } }); port.close()`,
    )
    await expect(failing.start()).rejects.toMatchObject({ code: 'store_locked', message: 'Taken.' })
    const throwing = clientOf(`throw new Error('no such module')`)
    await expect(throwing.start()).rejects.toMatchObject({
      code: 'engine_died',
      message: expect.stringContaining('no such module') as string,
    })
  })

  it('[S29] starts a dead engine again, three times in a minute, then says that it has stopped', async () => {
    const client = clientOf(ANSWERING)
    await client.start()
    await client.call('desk.state', {})
    for (let death = 1; death <= 3; death += 1) {
      const dying = news(client)
      expect(await client.call('chains.stop', { id: 'c', reason: 'r' })).toMatchObject({
        ok: false,
        error: { code: 'engine_stopped' },
      })
      expect(await dying).toContain('starting again')
      expect(await client.call('desk.state', {})).toEqual({ ok: true, value: { version: '1', engine: 'restarting' } })
      expect(await client.call('alerts.get', { id: 'x' })).toMatchObject({ error: { code: 'engine_restarting' } })
      expect(await news(client)).toContain('running again')
      expect(await client.call('desk.state', {})).toEqual({ ok: true, value: { version: '1', engine: 'running' } })
    }
    const stopped = news(client)
    await client.call('chains.stop', { id: 'c', reason: 'r' })
    expect(await stopped).toContain('has stopped')
    await client.whenGone()
    expect(await client.call('desk.state', {})).toEqual({ ok: true, value: { version: '1', engine: 'stopped' } })
    expect(await client.call('alerts.get', { id: 'x' })).toMatchObject({ error: { code: 'engine_stopped' } })
  })

  it('does not start an engine again that was told to stop', async () => {
    const client = clientOf(ANSWERING)
    await client.start()
    const heard: string[] = []
    client.onTopic((topic) => heard.push(topic))
    await client.stop()
    expect(heard).toEqual([])
    expect(await client.call('alerts.get', { id: 'x' })).toMatchObject({ error: { code: 'engine_stopped' } })
  })

  it('starts nothing again when it is told to stop while a new start fails', async () => {
    const starts = join(mkdtempSync(join(tmpdir(), 'tocsin-starts-')), 'starts')
    // The first engine runs; every later one waits for the word to stop, and then says that it could not start.
    const client = clientOf(`
      const { appendFileSync, readFileSync } = await import('node:fs')
      const starts = ${JSON.stringify(starts)}
      appendFileSync(starts, '.')
      const isFirst = readFileSync(starts, 'utf8') === '.'
      port.on('message', ({ type, name }) => {
        if (type === 'call' && name === 'chains.stop') process.exit(1)
        if (type === 'stop' && !isFirst) tell({ type: 'failed', error: { code: 'store_locked', message: 'Taken.' } })
      })
      if (isFirst) tell({ type: 'started', started })`)
    await client.start()
    const dying = news(client)
    void client.call('chains.stop', { id: 'c', reason: 'r' })
    expect(await dying).toContain('starting again')
    await expect.poll(() => readFileSync(starts, 'utf8')).toBe('..')
    const heard: string[] = []
    client.onTopic((topic) => heard.push(topic))
    await client.stop()
    expect(heard).toEqual([])
    expect(await client.call('alerts.get', { id: 'x' })).toMatchObject({ error: { code: 'engine_stopped' } })
    expect(readFileSync(starts, 'utf8')).toBe('..')
  })
})

describe('restart limit', () => {
  it('counts within a sliding minute', () => {
    const limit = new RestartLimit()
    expect([0, 1, 2, 3].map((at) => limit.allows(at))).toEqual([true, true, true, false])
    expect(limit.allows(59_999)).toBe(false)
    expect(limit.allows(60_000)).toBe(true)
    expect(limit.allows(60_000)).toBe(false)
  })
})
