import type { Page } from '@playwright/test'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { alertOf, cardOf, expect, findings, go, openAlert, secondWindow, test } from './desk-steps.ts'
import type { Desk, DeskOptions } from './real-desk.ts'

/** An effect that a remote can count, and that waits. */
function counted(expiresIn: string): string {
  return `package action

run contains {
	"id": "isolate",
	"uses": "http.fetch",
	"args": {"method": "POST", "url": concat("/", [input.env.REMOTE, input.alert.title])},
	"effect": "contain",
	"approval": {"required": true, "reason": "It is on fire.", "expires_in": "${expiresIn}"},
}
`
}

const TYPED = 'The host is in the test rack, '

interface Scene {
  desk: Desk
  remote: FakeRemote
  page: Page
}

/** A desk whose decisions are shown under *Waiting for you*, the first one with the reason of a reject half typed. */
async function rejecting(
  openOn: (policies: Record<string, string>, options?: DeskOptions) => Promise<Desk>,
  { titles = ['one'], expiresIn = '8h' }: { titles?: readonly string[]; expiresIn?: string } = {},
): Promise<Scene & { alerts: string[] }> {
  const remote = await FakeRemote.start()
  const env = { REMOTE: remote.url, TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1' }
  const desk = await openOn(findings(counted(expiresIn)), { env })
  const alerts: string[] = []
  for (const title of titles) alerts.push(await alertOf(desk.ready, 'finding', { title }))
  const { page } = desk
  await go(page, 'Waiting for you')
  await expect(cardOf(page, 'http.fetch')).toBeVisible()
  await page.keyboard.press('r')
  await page.keyboard.press('Enter')
  await expect(reasonOf(page)).toBeFocused()
  await page.keyboard.type(TYPED)
  return { desk, remote, page, alerts }
}

function reasonOf(page: Page) {
  return page.getByRole('dialog').getByLabel('Reason')
}

/** The dialog is still there with its text, says what happened, and sends nothing any more. */
async function expectKept(page: Page, says: RegExp): Promise<void> {
  const dialog = page.getByRole('dialog', { name: /^Reject: / })
  await expect(dialog.getByRole('alert').filter({ hasText: says })).toBeVisible()
  await expect(reasonOf(page)).toBeFocused()
  // The rest of the sentence is text, whatever keys it is made of.
  await page.keyboard.type('a rack: jar')
  await page.keyboard.press('Control+Enter')
  await expect(reasonOf(page)).toHaveValue(`${TYPED}a rack: jar`)
  await expect(dialog.getByRole('button', { name: 'Copy what you typed' })).toBeVisible()
}

test('[S23] a dialog whose action another window approved stays, and no key decides the next one', async ({
  openOn,
  context,
  host,
}) => {
  test.skip(host === 'electron', 'Electron has one window per data folder')
  const { desk, remote, page } = await rejecting(openOn, { titles: ['one', 'two'] })
  const other = await secondWindow(context, desk.dataDir)
  await go(other, 'Waiting for you')
  await expect(cardOf(other, 'http.fetch')).toBeVisible()
  await other.keyboard.press('a')
  await expect(other.getByRole('button', { name: /^Approve: / })).toBeFocused()
  await other.keyboard.press('Control+Enter')
  await expect.poll(() => remote.count('/one')).toBe(1)

  await expectKept(page, /^Approved by you, in another window, at \d\d:\d\d:\d\d/)
  await expect(page.getByRole('button', { name: 'Reject action' })).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)

  // What was in front stays in front and says so; the next one is neither shown nor decided.
  const decision = page.getByRole('region', { name: 'Decision' })
  await expect(decision.getByRole('alert')).toContainText('Approved by you, in another window')
  await expect(cardOf(page, 'http.fetch')).toHaveCount(0)
  await page.keyboard.press('Control+Enter')
  await page.keyboard.press('r')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  expect(remote.count('/two')).toBe(0)

  // `r` was the deliberate move; from here on it is decided as always.
  await expect(cardOf(page, 'http.fetch')).toBeVisible()
  await page.keyboard.press('a')
  await expect(page.getByRole('button', { name: /^Approve: .*two/ })).toBeFocused()
  await page.keyboard.press('Control+Enter')
  await expect.poll(() => remote.count('/two')).toBe(1)
  await expect(page.getByText('Nothing waits for you')).toBeVisible()
  await remote.close()
})

test('[S23] a decision that somebody else settled gives way to no other card of the alert by itself', async ({
  openOn,
  context,
  host,
}) => {
  test.skip(host === 'electron', 'Electron has one window per data folder')
  const remote = await FakeRemote.start()
  const env = { REMOTE: remote.url, TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1' }
  const both = ['first', 'second'].map((id) =>
    counted('8h').replaceAll('isolate', id).replace('input.alert.title', `"${id}"`),
  )
  const policy = `${both[0]}${both[1]?.replace('package action\n', '')}`
  const { page, ready, dataDir } = await openOn(findings(policy), { env })
  const id = await alertOf(ready, 'finding', { title: 'Two at once' })
  const other = await secondWindow(context, dataDir)
  for (const each of [page, other]) {
    await openAlert(each, id)
    await expect(each.getByRole('button', { name: /^Approve: .*first/ })).toBeVisible()
    await each.keyboard.press('a')
    await expect(each.getByRole('button', { name: /^Approve: .*first/ })).toBeFocused()
  }
  await other.keyboard.press('Control+Enter')
  await expect(page.getByRole('article', { name: 'first' })).toContainText('Succeeded')

  await expect(page.getByText(/Press a, or click it, to go to the next decision/)).toBeInViewport()
  await page.keyboard.press('Control+Enter')
  await page.keyboard.press('a')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText('This is another one: read it first')).toBeInViewport()
  expect(remote.count('/second')).toBe(0)
  await page.keyboard.press('a')
  await expect(page.getByRole('button', { name: /^Approve: .*second/ })).toBeFocused()
  await page.keyboard.press('Control+Enter')
  await expect.poll(() => remote.count('/second')).toBe(1)
  await remote.close()
})

test('a dialog whose action expired stays, with what was typed', async ({ openOn }) => {
  const { remote, page } = await rejecting(openOn, { expiresIn: '12s' })
  await expect(page.getByRole('dialog').getByRole('alert').filter({ hasText: 'Expired' })).toBeVisible({
    timeout: 20_000,
  })
  await expectKept(page, /^Expired at .*: nobody decided in time, so it does not run\.$/)
  expect(remote.count('/one')).toBe(0)
  await remote.close()
})

test('a dialog whose chain another window stopped stays, with who and why', async ({ openOn, context, host }) => {
  test.skip(host === 'electron', 'Electron has one window per data folder')
  const { desk, remote, page, alerts } = await rejecting(openOn)
  const other = await secondWindow(context, desk.dataDir)
  const alert = await openAlert(other, alerts[0] ?? '')
  await alert.getByRole('button', { name: 'Stop chain…' }).click()
  await other.getByRole('dialog').getByLabel('Reason').fill('Handled by phone.')
  await other.getByRole('dialog').getByRole('button', { name: 'Stop chain' }).click()
  await expectKept(page, /^Superseded by you, in another window, at .* the chain was stopped \(Handled by phone\.\)/)
  expect(remote.calls).toEqual([])
  await remote.close()
})

test('a dialog outlives the engine, and sends nothing into the void', async ({ openOn, host }) => {
  test.skip(host === 'electron', 'the window ends with the process')
  const { desk, remote, page } = await rejecting(openOn)
  await desk.stop('SIGKILL')
  await expectKept(page, /^Tocsin does not answer\. Nothing was sent/)
  await expect(page.getByRole('button', { name: 'Reject action' })).toBeDisabled()

  // Whoever opens it again finds the decision as it was.
  const again = await openOn(findings(counted('8h')), { dataDir: desk.dataDir })
  await go(again.page, 'Waiting for you')
  await expect(cardOf(again.page, 'http.fetch')).toBeVisible()
  expect(remote.calls).toEqual([])
  await remote.close()
})
