import type { Page } from '@playwright/test'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { alertOf, expect, expectAccessible, findings, go, openAlert, test, writePolicies } from './desk-steps.ts'

/** As many alike actions as the event says, each on a host of its own. */
const MANY = `package action

run contains {
	"id": sprintf("isolate-%04d", [host]),
	"name": "Isolate a host",
	"uses": "http.fetch",
	"args": {"method": "POST", "url": sprintf("%s/isolate/%d", [input.env.REMOTE, host])},
} if {
	some host in numbers.range(1, input.alert.data.hosts)
}
`

/** Counts what the page asks its engine over the WebSocket. */
function calls(page: Page): Map<string, number> {
  const counts = new Map<string, number>()
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const { name } = JSON.parse(String(payload)) as { name?: string }
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
    }),
  )
  return counts
}

function remoteAt(url: string): Record<string, string> {
  return { REMOTE: url, TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1' }
}

test('opens an alert with 100 actions that wait, and folds those that are alike', async ({ openOn, page }) => {
  const asked = calls(page)
  const desk = await openOn(findings(MANY), { env: remoteAt('http://127.0.0.1:9') })
  const id = await alertOf(desk.ready, 'finding', { title: 'A worm', hosts: 100 })
  const alert = await openAlert(desk.page, id)
  const round = alert.getByRole('group', { name: 'Round 0' })
  await expect(round.getByRole('group', { name: 'Approval: http.fetch' }).first()).toBeVisible()
  await expect(round.getByText('like this').first()).toBeVisible()
  const shown = await round.getByRole('article').count()
  const folds = await round.getByRole('button', { name: /like this$/ }).allInnerTexts()
  const folded = folds.reduce((sum, text) => sum + Number.parseInt(text, 10), 0)
  expect(shown + folded).toBe(100)
  expect(shown).toBeLessThan(10)
  expect(asked.get('approvals.get') ?? 0).toBeLessThan(30)

  const fold = round.getByRole('button', { name: /like this$/ }).first()
  await fold.click()
  const line = round.getByRole('article').nth(10)
  await expect(line.getByRole('group', { name: 'Approval: http.fetch' })).toHaveCount(0)
  await line.getByRole('button').click()
  await expect(line.getByRole('button', { name: /^Approve: .*isolate\/\d+/ })).toBeVisible()
  await fold.click()
  await expect(round.getByRole('article')).toHaveCount(shown)
  await go(desk.page, 'Waiting for you')
  await expect(desk.page.getByText('100 decisions')).toBeVisible()
  await expect(desk.page.getByText('Too many calls')).toHaveCount(0)
})

test('approves 100 alike actions together by the keyboard, each listed before and an act of its own', async ({
  openOn,
}) => {
  const remote = await FakeRemote.start()
  const desk = await openOn(findings(MANY), { env: remoteAt(remote.url) })
  const { page } = desk
  const id = await alertOf(desk.ready, 'finding', { title: 'A worm', hosts: 100 })
  await go(page, 'Waiting for you')
  const grid = page.getByRole('grid', { name: 'Decisions' })
  await expect(page.getByText('100 decisions')).toBeVisible()
  await expect(grid.getByText('97 like this')).toBeVisible()
  await page.keyboard.press('x')
  await expect(page.getByText('1 chosen')).toBeVisible()
  await page.keyboard.press('Shift+J')
  await expect(page.getByText('2 chosen')).toBeVisible()
  await page.keyboard.press('*')
  await page.keyboard.press('a')
  await expect(page.getByText('100 chosen')).toBeVisible()
  await page.keyboard.press('Shift+A')
  const dialog = page.getByRole('dialog', { name: 'Approve 100 actions' })
  await expect(dialog.getByRole('listitem')).toHaveCount(100)
  await expect(dialog.getByRole('listitem').filter({ hasText: '/isolate/57' })).toHaveCount(1)
  await expectAccessible(desk, 'the list of what is approved')
  // Without a reason nothing is sent.
  await page.keyboard.press('Control+Enter')
  await expect(dialog.getByRole('listitem')).toHaveCount(100)
  await dialog.getByLabel('Reason').fill('All of them had the worm.')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('dialog', { name: 'All 100 approved' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByText('Nothing waits for you')).toBeVisible()
  await expect.poll(() => new Set(remote.calls.map(({ path }) => path)).size).toBe(100)
  expect(remote.calls).toHaveLength(100)
  const alert = await openAlert(page, id)
  await alert.getByRole('button', { name: 'Show round 0' }).click()
  await expect(alert.getByText('All of them had the worm.').first()).toBeVisible()
  await remote.close()
})

test('approves nothing that changed after it was listed, and says so of each', async ({ openOn }) => {
  const remote = await FakeRemote.start()
  const { page, ready, dataDir } = await openOn(findings(MANY), { env: remoteAt(remote.url) })
  await alertOf(ready, 'finding', { title: 'A worm', hosts: 8 })
  await go(page, 'Waiting for you')
  await expect(page.getByText('8 decisions')).toBeVisible()
  await page.keyboard.press('*')
  await page.keyboard.press('a')
  await page.keyboard.press('Shift+A')
  const dialog = page.getByRole('dialog', { name: 'Approve 8 actions' })
  await dialog.getByLabel('Reason').fill('All of them had the worm.')
  // The policy proposes them for another place by the time of the answer.
  await writePolicies(dataDir, findings(MANY.replace('%s/isolate/%d', '%s/elsewhere/%d')))
  await expect(page.locator('.statusbar')).toContainText('policy v2')
  await page.keyboard.press('Control+Enter')
  const told = page.getByRole('dialog', { name: '0 decided, 8 not' })
  await expect(told.getByRole('listitem').filter({ hasText: 'This changed since it was proposed' })).toHaveCount(8)
  await told.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByText('8 decisions')).toBeVisible()
  expect(remote.calls).toEqual([])
  await remote.close()
})

test('asks for no reason where none of them can be approved together', async ({ openOn }) => {
  const cutOff = MANY.replace('"uses": "http.fetch",', '"uses": "http.fetch",\n\t"effect": "contain",')
  const desk = await openOn(findings(cutOff), { env: remoteAt('http://127.0.0.1:9') })
  const { page, ready } = desk
  const alert = await openAlert(page, await alertOf(ready, 'finding', { title: 'A worm', hosts: 8 }))
  await alert.getByRole('button', { name: 'Approve all 8…' }).click()
  const dialog = page.getByRole('dialog', { name: 'None of these can be approved together' })
  await expect(dialog.getByRole('listitem').filter({ hasText: 'cannot be undone from here' })).toHaveCount(8)
  await expect(dialog.getByLabel('Reason')).toHaveCount(0)
  await expectAccessible(desk, 'none together')
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
})

test('1,000 actions that wait are usable', async ({ openOn, page: shown }, info) => {
  const remote = await FakeRemote.start()
  const asked = calls(shown)
  const { page, ready } = await openOn(findings(MANY), { env: remoteAt(remote.url) })
  const id = await alertOf(ready, 'finding', { title: 'A worm', hosts: 1000 })
  await go(page, 'Waiting for you')
  const grid = page.getByRole('grid', { name: 'Decisions' })
  await expect(page.getByText('1,000 decisions')).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: '997 like this' }).click()
  const rows = await grid.getByRole('row').count()
  await page.keyboard.press('End')
  await expect(grid.getByRole('row', { selected: true })).toBeVisible()
  expect(rows).toBeLessThanOrEqual(60)
  expect(await grid.getByRole('row').count()).toBeLessThanOrEqual(60)

  const alert = await openAlert(page, id)
  const round = alert.getByRole('group', { name: 'Round 0' })
  await expect(round.getByRole('button', { name: '997 like this' })).toBeVisible()
  const articles = await round.getByRole('article').count()
  expect(articles).toBe(3)
  const counts = ['approvals.list', 'approvals.get', 'chains.get', 'alerts.get'].map((name) => [
    name,
    asked.get(name) ?? 0,
  ])
  for (const [, count] of counts) expect(count).toBeLessThan(40)

  await round.getByRole('button', { name: 'Reject all 1,000…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Reject 1,000 actions' })
  await dialog.getByLabel('Reason').fill('A test of the detector.')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('dialog', { name: 'All 1,000 rejected' })).toBeVisible({ timeout: 30_000 })
  info.annotations.push({
    type: 'figures',
    description: JSON.stringify({ rows, articles, ...Object.fromEntries(counts) }),
  })
  await remote.close()
})
