import type { Locator, Page } from '@playwright/test'
import { FakeRemote } from '../fakes/fake-remote.ts'
import {
  alertOf,
  approveByKeys,
  cardOf,
  expect,
  expectAccessible,
  findings,
  giveReason,
  go,
  openAlert,
  test,
} from './desk-steps.ts'

/** What a policy of today writes: an address is asked to isolate a host, under a name that says so. */
const NAMED = `package action

run contains {
	"id": "isolate",
	"name": input.alert.data.name,
	"uses": "http.fetch",
	"args": {
		"method": "POST",
		"url": concat("", [input.env.REMOTE, "/isolate"]),
		"data": {"host": input.alert.data.host},
	},
	"effect": "contain",
	"approval": {"required": true, "reason": "It talks to a command server."},
}
`

/** A call of which nobody knows the outcome, one that fails, and one behind it. */
const HALTS = `package action

call(id) := {"id": id, "uses": "http.fetch", "args": {"method": "POST", "url": concat("", [input.env.REMOTE, "/", id])}}

run contains call("cut") if input.seq == 0

run contains call("vt-domain") if {
	some action in input.called
	action.id == "cut"
}

run contains call("zlast") if {
	some action in input.called
	action.id == "cut"
}
`

/** Proposes something in every round; fails instead where the event says so. */
const ENDLESS = `package action

run contains {"uses": "", "args": {}} if not input.alert.data.fails

run contains {"id": "no-such", "uses": "no.such", "args": {}} if input.alert.data.fails
`

async function startRemote(): Promise<{ remote: FakeRemote; env: Record<string, string> }> {
  const remote = await FakeRemote.start()
  const env = { REMOTE: remote.url, TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_MODE: 'policy' }
  return { remote, env }
}

/** Seen without scrolling: inside the window and not behind the answer that stays at the bottom of its pane. */
async function expectAboveTheFold(page: Page, what: Locator, footer: Locator): Promise<void> {
  await expect(what).toBeInViewport({ ratio: 1 })
  const [box, answer] = [await what.boundingBox(), await footer.boundingBox()]
  expect((box?.y ?? Number.NaN) + (box?.height ?? 0)).toBeLessThanOrEqual(answer?.y ?? 0)
}

test('shows all that is decided upon of the starter workspace without scrolling', async ({ openDesk, folder }) => {
  const desk = await openDesk({ env: { HOME: folder } })
  const { page } = desk
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByRole('button', { name: 'Send a sample alert' }).click()
  await expect(page.getByRole('region', { name: 'Alert', exact: true })).toBeVisible()
  await go(page, 'Waiting for you')
  const card = cardOf(page, 'file.quarantine')
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    const footer = card.locator('footer')
    await expect(footer).toBeInViewport({ ratio: 1 })
    await expectAccessible(desk, `the card, ${colorScheme}`)
    await expectAboveTheFold(page, card.locator('header'), footer)
    for (const part of await card.locator('dl').all()) await expectAboveTheFold(page, part, footer)
  }
  // Verb and target, why with its place, then arguments and plan.
  const text = (await card.innerText()).replaceAll(/\s+/g, ' ')
  expect(text).toMatch(/^Quarantine eicar-\w+\.txt .*tocsin-sample.* Why .*main\.rego:\d.* Arguments .* Plan .* Undo /)
  const lines = card.getByRole('region', { name: 'Lines of the rule' })
  await expect(lines).toBeHidden()
  await page.keyboard.press('w')
  await expect(lines).toContainText('input.alert.schema == "clamav"')
  await page.keyboard.press('w')
  await expect(lines).toBeHidden()
})

test('names an action as its policy does, and what it does beside the name, everywhere', async ({ openOn }) => {
  const { remote, env } = await startRemote()
  const desk = await openOn(findings(NAMED), { env })
  const { page, ready } = desk
  await page.setViewportSize({ width: 1280, height: 800 })
  const own = `POST ${new URL(remote.url).host}/isolate`
  const id = await alertOf(ready, 'finding', { title: 'Beacon', host: 'web-3', name: 'Isolate web-3' })
  await go(page, 'Waiting for you')
  await expect(page.getByRole('row', { name: `Isolate web-3 (${own})` })).toContainText(own)
  const card = cardOf(page, 'http.fetch')
  await expect(card.getByRole('heading', { name: 'Isolate web-3' })).toBeVisible()
  await expect(card.locator('header').getByText(own)).toBeVisible()
  const button = card.getByRole('button', { name: `Approve: Isolate web-3 (${own})` })
  await expect(button).toContainText('Isolate web-3')
  await expect(button).toContainText(own)
  await expectAccessible(desk, 'a named action')
  await card.getByRole('button', { name: 'Reject…' }).click()
  await expect(page.getByRole('dialog', { name: `Reject: Isolate web-3 (${own})` })).toBeVisible()
  await page.keyboard.press('Escape')
  await approveByKeys(page, /^Approve: Isolate web-3/)
  await expect(page.getByRole('status', { name: 'Live news' })).toHaveText(`Succeeded: Isolate web-3 (${own})`)
  const alert = await openAlert(page, id)
  const step = alert.getByRole('article', { name: 'isolate' })
  await expect(step).toContainText('Isolate web-3')
  await expect(step.getByText(own)).toBeVisible()
  await go(page, 'Active containments')
  const row = page.getByRole('table', { name: 'Active containments' }).getByRole('row').nth(1)
  await expect(row).toContainText('Isolate web-3')
  await expect(row.getByText(own)).toBeVisible()
  await remote.close()
})

test('[S20] a name that an event chose never hides what is done', async ({ openOn }) => {
  const { remote, env } = await startRemote()
  const { page, ready } = await openOn(findings(NAMED), { env })
  const own = `POST ${new URL(remote.url).host}/isolate`
  const names = ['Look something up '.repeat(2000), '\u202e\u200b', 'W'.repeat(3000), '(GET example.com)\n\n\n\n\n\n']
  await go(page, 'Waiting for you')
  for (const [width, height] of [
    [1280, 800],
    [1024, 768],
  ] as const) {
    await page.setViewportSize({ width, height })
    for (const name of names) {
      const id = await alertOf(ready, 'finding', { title: 'Beacon', host: 'web-3', name })
      const card = cardOf(await openAlert(page, id), 'http.fetch')
      for (const part of [card.locator('header'), card.locator('footer')])
        await expect(part.getByText(own, { exact: true })).toBeVisible()
      await go(page, 'Waiting for you')
      // All rows at once: the list changes while it is looked at.
      const shown = page.getByRole('row').getByText(own, { exact: true })
      await expect(shown.first()).toBeVisible()
      const cut = await shown.evaluateAll((all) => all.map(({ clientWidth, scrollWidth }) => scrollWidth - clientWidth))
      expect(Math.max(...cut)).toBeLessThanOrEqual(1)
    }
  }
  await remote.close()
})

test('shows on the chain who decided what and why, with the old value beside the new one', async ({ openOn }) => {
  const { remote, env } = await startRemote()
  const desk = await openOn(findings(NAMED), { env })
  const { page, ready } = desk
  const id = await alertOf(ready, 'finding', { title: 'Beacon', host: 'web-3', name: 'Isolate web-3' })
  const alert = await openAlert(page, id)
  await cardOf(alert, 'http.fetch').getByRole('button', { name: 'Edit…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('data', { exact: true }).fill('{"host":"web-4"}')
  await dialog.getByLabel('Why (optional)').fill('The detector names the wrong one.')
  await dialog.getByRole('button', { name: 'Approve with changes' }).click()
  const step = alert.getByRole('article', { name: 'isolate' })
  await expect(step).toContainText('Succeeded')
  // The name was given to the host that is not isolated.
  await expect(step).not.toContainText('Isolate web-3')
  const acts = step.getByRole('list', { name: 'Decisions on isolate' })
  await expect(acts).toContainText('You approved it with changes: “The detector names the wrong one.”')
  await expect(acts.locator('.was')).toHaveText('{"host":"web-3"}')
  await expect(acts).toContainText('{"host":"web-4"}')
  await expect(acts.locator('time')).toHaveCount(1)
  await expectAccessible(desk, 'acts on the chain')
  await remote.close()
})

test('keeps the cause of an unknown outcome, and says by what an action was not run', async ({ openOn }) => {
  const { remote, env } = await startRemote()
  remote.on('/cut', { do: 'reset', when: 'after-body' })
  remote.on('/vt-domain', { do: 'answer', status: 400, body: '"no"' })
  const { page, ready } = await openOn(findings(HALTS), { env })
  const alert = await openAlert(page, await alertOf(ready, 'finding', { title: 'Is cut' }))
  const cut = alert.getByRole('article', { name: 'cut' })
  const cause = await cut.locator('.cause').innerText()
  const bar = page.getByRole('contentinfo')
  await expect(bar).toContainText('1 unknown')
  await expect(bar).not.toContainText('1 waiting')
  await cut.getByRole('button', { name: 'Mark as done…' }).click()
  await giveReason(page, 'The remote has it in its log.', 'Mark as done')
  const acts = cut.getByRole('list', { name: 'Decisions on cut' })
  await expect(acts).toContainText('You said that it was done: “The remote has it in its log.”')
  await expect(acts).toContainText(`The outcome was unknown: ${cause.split('.')[0]}`)
  await expect(alert.getByRole('article', { name: 'vt-domain' })).toContainText('Failed')
  await expect(alert.getByRole('article', { name: 'zlast' })).toContainText('Not run: vt-domain failed before it')
  await remote.close()
})

test('counts what became of a chain, the worst first, and lists bad ends under Problems', async ({ openOn }) => {
  const desk = await openOn(findings(ENDLESS))
  const { page, ready } = desk
  const id = await alertOf(ready, 'finding', { title: 'Never ends' })
  await alertOf(ready, 'finding', { title: 'Fails', fails: true })
  await go(page, 'Inbox')
  const endless = page.getByRole('row', { name: /^Never ends/ })
  await expect(endless).toHaveAccessibleName(/stopped at the round limit, 32 succeeded/)
  // Nothing in it looks like success.
  await expect(endless.locator('.glyphs .k-ok')).toHaveCount(0)
  await expect(page.getByRole('row', { name: /^Fails/ })).toHaveAccessibleName(/1 failed/)
  await go(page, 'Problems')
  const problems = page.getByRole('grid', { name: 'Problems' })
  await expect(problems.getByRole('row')).toHaveCount(3)
  await expect(problems.getByRole('row', { name: /^Policies ask for what is not there/ })).toContainText(
    'There is no action "no.such"',
  )
  await expect(problems.getByRole('row', { name: /^Chain failed/ })).toContainText('no-such failed')
  await problems.getByRole('row', { name: /^Chain stopped at the round limit/ }).click()
  await expectAccessible(desk, 'problems of chains')
  await page.getByRole('link', { name: 'Open alert' }).click()
  await expect(page).toHaveURL(new RegExp(`#/inbox/${id}`))
})
