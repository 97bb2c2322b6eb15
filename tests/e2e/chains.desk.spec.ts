import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import { FakeRemote } from '../fakes/fake-remote.ts'
import {
  alertOf,
  cardOf,
  expect,
  findings,
  giveReason,
  go,
  openAlert,
  post,
  test,
  writePolicies,
} from './desk-steps.ts'

/** Two calls in one round and a third that follows the second. */
const CALLS = `package action

call(id, method) := {
	"id": id,
	"uses": "http.fetch",
	"args": {"method": method, "url": concat("", [input.env.REMOTE, "/", id])},
}

run contains call("first", "POST")

run contains call("second", input.alert.data.method)

run contains call("third", "GET") if {
	some action in input.called
	action.id == "second"
}
`

/** One that waits for the analyst in every mode. */
const ASKS = `package action

run contains {
	"id": "ask",
	"uses": "http.fetch",
	"args": {"method": "POST", "url": "https://example.invalid/isolate"},
	"approval": true,
}
`

async function switchMode(page: Page, mode: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: 'Response mode' }).click()
  await page.getByRole('option', { name: mode }).click()
}

async function startRemote(): Promise<{ remote: FakeRemote; env: Record<string, string> }> {
  const remote = await FakeRemote.start()
  const env = { REMOTE: remote.url, TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_MODE: 'policy' }
  return { remote, env }
}

test('holds chains while responses are off, and asks what becomes of them', async ({ openOn }) => {
  const { page, ready } = await openOn(findings(ASKS), { env: { TOCSIN_MODE: 'off' } })
  await expect(page.getByRole('combobox', { name: 'Response mode' })).toHaveText('Off')
  const runs = await alertOf(ready, 'finding', { title: 'Runs' })
  await openAlert(page, runs)
  await expect(page.getByText('1 chain held.')).toBeVisible()
  await expect(page.getByText('Queued. It starts when the response mode')).toBeVisible()

  await switchMode(page, /^Ask before acting/)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: 'Run' }).check()
  await dialog.getByRole('button', { name: 'Run 1 chain' }).click()
  await expect(cardOf(page, 'http.fetch')).toBeVisible()

  await switchMode(page, /^Off/)
  await expect(page.getByText('Responses are off')).toBeVisible()
  await openAlert(page, await alertOf(ready, 'finding', { title: 'Is closed' }))
  await expect(page.getByText('Queued. It starts when the response mode')).toBeVisible()
  await switchMode(page, /^By policy/)
  await dialog.getByRole('radio', { name: 'Close' }).check()
  await dialog.getByRole('button', { name: /^Close \d chain/ }).click()
  await expect(page.getByText('Stopped. What had run before stands.')).toBeVisible()
  await expect(cardOf(page, 'http.fetch')).toBeHidden()
})

test('stops a chain that waits', async ({ openOn }) => {
  const { page, ready } = await openOn(findings(ASKS))
  const alert = await openAlert(page, await alertOf(ready, 'finding', { title: 'Stops' }))
  await expect(cardOf(alert, 'http.fetch')).toBeVisible()
  await alert.getByRole('button', { name: 'Stop chain…' }).click()
  await giveReason(page, 'Handled by phone.', 'Stop chain')
  await expect(alert.getByRole('article', { name: 'ask' })).toContainText('Superseded')
  await expect(alert.getByText('Stopped. What had run before stands.')).toBeVisible()
  await expect(alert.getByRole('button', { name: 'Stop chain…' })).toBeHidden()
  await go(page, 'Waiting for you')
  await expect(page.getByText('Nothing waits for you')).toBeVisible()
})

test('runs only what failed again', async ({ openOn }) => {
  const { remote, env } = await startRemote()
  remote.on('/second', { do: 'answer', status: 400, body: '"no"' }, { do: 'serve' })
  const { page, ready } = await openOn(findings(CALLS), { env })
  const alert = await openAlert(page, await alertOf(ready, 'finding', { title: 'Fails', method: 'GET' }))
  await expect(alert.getByRole('article', { name: 'second' })).toContainText('Failed')
  await expect(alert.getByText('http_status')).toBeVisible()

  await alert.getByRole('button', { name: 'Re-run…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Re-run' })
  await dialog.getByRole('radiogroup', { name: 'What' }).getByRole('radio', { name: 'Failed only' }).check()
  await dialog.getByRole('radiogroup', { name: 'Policy' }).getByRole('radio', { name: 'Current version' }).check()
  await dialog.getByRole('button', { name: 'Re-run', exact: true }).click()
  await expect(alert.getByRole('article', { name: 'third' })).toContainText('Succeeded')
  await expect(alert.getByRole('article', { name: 'second' })).toContainText('Succeeded')
  await expect(alert.getByRole('combobox', { name: 'Run' })).toHaveText('Run 2, rerun')
  expect(['/first', '/second', '/third'].map((path) => remote.count(path))).toEqual([1, 2, 1])
  await remote.close()
})

test('[S24] leaves to the analyst whether a call took effect', async ({ openOn }) => {
  const { remote, env } = await startRemote()
  remote.on('/second', { do: 'reset', when: 'after-body' })
  const { page, ready } = await openOn(findings(CALLS), { env })
  const alert = await openAlert(page, await alertOf(ready, 'finding', { title: 'Is cut', method: 'POST' }))
  const step = alert.getByRole('article', { name: 'second' })
  await expect(step).toContainText('Unknown')
  for (const name of ['Mark as done…', 'Mark as not done…', 'Try again…'])
    await expect(step.getByRole('button', { name })).toBeVisible()
  expect(remote.count('/third')).toBe(0)

  await go(page, 'Waiting for you')
  const decision = page.getByRole('region', { name: 'Decision' })
  await decision.getByRole('button', { name: 'Mark as done…' }).click()
  await giveReason(page, 'The remote has it in its log.', 'Mark as done')
  await expect(page.getByText('Nothing waits for you')).toBeVisible()
  await go(page, 'Inbox')
  await page
    .getByRole('grid', { name: 'Inbox' })
    .getByRole('row', { name: /^Is cut/ })
    .click()
  await expect(step).toContainText('Succeeded')
  await expect(alert.getByRole('article', { name: 'third' })).toContainText('Succeeded')
  expect(remote.count('/second')).toBe(1)
  await remote.close()
})

test('keeps the last good policies when a save does not compile', async ({ openOn }) => {
  const { page, ready, dataDir } = await openOn(findings(ASKS))
  await expect(page.getByText('policy v1', { exact: true })).toBeVisible()
  await writePolicies(dataDir, { 'action/main.rego': ASKS.replace('"approval": true', '"approval": tru') })
  await expect(page.getByText('The policies do not compile, v1 stays live')).toBeVisible()
  await expect(page.getByRole('alert').getByText('action/main.rego:7')).toBeVisible()
  await go(page, 'Problems')
  const problem = page.getByRole('region', { name: 'Problem', exact: true })
  await expect(problem.getByRole('heading', { name: 'Policies do not compile' })).toBeVisible()
  await expect(problem.getByText('action/main.rego:7')).toBeVisible()

  await openAlert(page, await alertOf(ready, 'finding', { title: 'Meanwhile' }))
  await expect(cardOf(page, 'http.fetch')).toBeVisible()
  await expect(page.getByRole('button', { name: 'policy v1' })).toBeVisible()

  await writePolicies(dataDir, { 'action/main.rego': `${ASKS}\n# mended\n` })
  await expect(page.getByText('The policies do not compile')).toBeHidden()
  await expect(page.getByText('policy v2', { exact: true })).toBeVisible()
  await go(page, 'Problems')
  await expect(page.getByText('No problem')).toBeVisible()
})

test('[S18] says which port is taken and receives on another one', async ({ openOn }) => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { page, ready } = await openOn(findings(ASKS), { env: { TOCSIN_ADDR: `127.0.0.1:${port}` } })
  expect(ready.receiver).toBeNull()
  const banner = page.getByRole('alert').filter({ hasText: 'Nothing is received: the port is taken' })
  await expect(banner).toContainText(`127.0.0.1:${port}`)

  other.close()
  await once(other, 'close')
  await banner.getByRole('button', { name: `Try 127.0.0.1:${port} again` }).click()
  await expect(banner).toBeHidden()
  const answer = await post({ ...ready, receiver: `http://127.0.0.1:${port}` }, 'finding', { title: 'Arrives' })
  expect(answer.status).toBe(200)
  await go(page, 'Inbox')
  await expect(page.getByRole('row', { name: /^Arrives/ })).toBeVisible()
})
