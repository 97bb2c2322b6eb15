import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { proveReport } from '../../shared/model/prove.ts'
import { CommandWorld } from '../../tests/fakes/command.ts'
import { STARTER_DIR } from './paths.ts'

let world: CommandWorld
beforeEach(() => {
  world = new CommandWorld()
})
afterEach(() => world.remove())

test('proves one action on a workspace, as JSON and as Markdown', async () => {
  const args = ['prove', '-d', STARTER_DIR, '--data', join(world.folder, 'data'), '--action', 'file.quarantine']
  const { code, out, err } = await world.runHere([...args, '--format', 'json'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const report = proveReport.parse(JSON.parse(out))
  expect(report.actions.map(({ uses, origin }) => [uses, origin])).toEqual([['file.quarantine', 'policy']])
  expect(report.counts).toMatchObject({ violation: 0 })
  const markdown = await world.runHere(args)
  expect(markdown.out).toMatch(/^# Proved here\n/)
})

test('takes names of secrets from the vault and opens none', async () => {
  const vault = join(world.folder, 'data', 'vault')
  mkdirSync(vault, { recursive: true })
  // Sealed by nobody: whoever opened it would fail.
  const entry = JSON.stringify({ name: 'OKTA_TOKEN', cipher: 'none', updatedAt: 0, sealed: 'bm90aGluZw==' })
  writeFileSync(join(vault, '0.secret.json'), entry)
  const policies = join(world.folder, 'policies')
  mkdirSync(join(policies, 'alert', 'testdata', 'door'), { recursive: true })
  writeFileSync(join(policies, 'alert', 'testdata', 'door', 'event.json'), '{}')
  writeFileSync(
    join(policies, 'alert', 'door.rego'),
    'package alert.door\nalert contains {"title": "t", "source": "s"}',
  )
  writeFileSync(
    join(policies, 'main.rego'),
    'package action\nrun contains {"uses": "okta.suspend_user", "args": {"base_url": "https://e.okta.com", "user_id": "eve", "secret_token": input.env.OKTA_TOKEN}}',
  )
  const args = ['prove', '-d', policies, '--data', join(world.folder, 'data'), '--action', 'okta.suspend_user']
  const { code, out } = await world.runHere([...args, '--format', 'json'])
  expect(code).toBe(0)
  expect(proveReport.parse(JSON.parse(out)).actions[0]).toMatchObject({ origin: 'policy' })
  expect(readFileSync(join(vault, '0.secret.json'), 'utf8')).toBe(entry)
})

test('refuses what it cannot do, with the reason', async () => {
  expect((await world.runHere(['prove', '--format', 'text'])).code).toBe(2)
  const unknown = await world.runHere(['prove', '-d', STARTER_DIR, '--action', 'nothing.such'])
  expect(unknown).toMatchObject({ code: 1, out: '' })
  expect(unknown.err).toContain('There is no action named "nothing.such"')
  const missing = await world.runHere(['prove', '-d', join(world.folder, 'nowhere')])
  expect(missing.code).toBe(1)
})
