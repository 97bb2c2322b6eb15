import type { Page } from '@playwright/test'
import { alertOf, expect, findings, go, openAlert, test } from './desk-steps.ts'

/** As many alike actions as the event says, each on a host of its own. */
const MANY = `package action

run contains {
	"id": sprintf("isolate-%04d", [host]),
	"name": "Isolate a host",
	"uses": "http.fetch",
	"args": {"method": "POST", "url": sprintf("http://127.0.0.1:9/isolate/%d", [host])},
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

test('opens an alert with 100 actions that wait, and folds those that are alike', async ({ openOn, page }) => {
  const asked = calls(page)
  const desk = await openOn(findings(MANY), { env: { TOCSIN_NET_ALLOW: '127.0.0.1' } })
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
