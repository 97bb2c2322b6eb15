import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ProveRun } from '../../../shared/model/prove.ts'
import { FakeLog } from '../../../tests/fakes/ports.ts'
import { DEFAULT_SETTINGS } from '../store/setting-store.ts'
import { ProveRunner } from './prove-runner.ts'

let folder: string
let runner: ProveRunner
let told: ProveRun[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-runner-'))
  mkdirSync(join(folder, 'policies'))
  writeFileSync(join(folder, 'policies', 'main.rego'), 'package action\nrun := set()\n')
  told = []
  runner = new ProveRunner({
    options: () => ({
      version: '0.0.0',
      policyDir: join(folder, 'policies'),
      appDir: '/nowhere/app',
      action: 'okta.suspend_user',
      settings: DEFAULT_SETTINGS,
      secretNames: [],
      env: {},
    }),
    onChange: () => void told.push(runner.run()),
    log: new FakeLog(),
  })
})
afterEach(async () => {
  await runner.stop()
  rmSync(folder, { recursive: true, force: true })
})

function scratchFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^tocsin-prove-\w{6}$/.test(name))
}

/** A run takes as long as the machine is busy. */
const PATIENT = { timeout: 60_000 }

async function until(isReached: (run: ProveRun) => boolean): Promise<ProveRun> {
  await expect.poll(() => isReached(runner.run()), PATIENT).toBe(true)
  return runner.run()
}

test('runs in a thread of its own, tells how far it is, and writes the report where only its owner reads it', async () => {
  expect(runner.run()).toEqual({ state: 'idle' })
  expect(() => runner.save(folder)).toThrow('There is no report yet')
  const first = runner.start()
  expect(first.state).toBe('running')
  expect(runner.start()).toBe(first)
  const run = await until(({ state }) => state !== 'running')
  expect(run).toMatchObject({ state: 'done', report: { counts: { violation: 0 }, egress: [] } })
  expect(told.some((one) => one.state === 'running' && one.uses === 'okta.suspend_user')).toBe(true)
  const path = runner.save(join(folder, 'exports'))
  expect(readFileSync(path, 'utf8')).toMatch(/^# Proved here\n/)
  const json = path.replace(/md$/, 'json')
  expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(run.state === 'done' ? run.report : null)
  expect(statSync(json).mode & 0o777).toBe(0o600)
})

test('ends when it is cancelled, and leaves nothing behind', async () => {
  const before = scratchFolders()
  runner.start()
  await until((run) => run.state === 'running' && run.of > 0)
  const own = scratchFolders().filter((name) => !before.includes(name))
  expect(await runner.cancel()).toEqual({ state: 'cancelled' })
  expect(own.filter((name) => existsSync(join(tmpdir(), name)))).toEqual([])
  expect(runner.start().state).toBe('running')
})

test('says what keeps it from running', async () => {
  writeFileSync(join(folder, 'policies', 'main.rego'), 'package action\nrun contains { if')
  runner.start()
  expect(await until(({ state }) => state !== 'running')).toMatchObject({ state: 'failed' })
})
