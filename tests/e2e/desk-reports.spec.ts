import type { Page } from '@playwright/test'
import { Refusal } from '../fakes/desk-refusal.ts'
import { entity, reportRow } from '../fakes/desk-report-data.ts'
import { DeskHost, expect, open, test } from './desk-fixture.ts'
import { expectNoViolation } from './no-violation.ts'

test.use({ startAt: '/reports' })

const grid = (page: Page) => page.getByRole('grid', { name: 'Reports' })
const report = (page: Page) => page.getByRole('region', { name: 'Report', exact: true })

/** By keys, which do nothing before there are rows. */
async function openFirst(page: Page): Promise<void> {
  await expect(grid(page).getByRole('row').first()).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
}

test.describe('keyboard only', () => {
  test('goes to a report, reads it, overrides its grade, and comes back', async ({ desk }) => {
    const { page, fake } = desk
    await page.keyboard.press('g')
    await page.keyboard.press('i')
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await expect(page).toHaveURL(/#\/reports$/)
    await expect(grid(page).getByRole('row').first()).toHaveAccessibleName(
      /^Credential use from outside, urgent, graded by policy, guardduty, 4 alerts, ci-deploy, 1 waiting$/,
    )
    await page.keyboard.press('j')
    await expect(grid(page).locator('[aria-selected=true]')).toHaveAttribute('id', 'report-report-14')
    await page.keyboard.press('j')
    await expect(grid(page).locator('[aria-selected=true]')).toHaveAccessibleName(/^Trojan.*, in review, /)
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await expect(report(page).getByRole('heading', { level: 2 })).toHaveText('Credential use from outside')
    await expect(report(page)).toContainText('by policy v14')

    await page.keyboard.press('o')
    const dialog = page.getByRole('dialog', { name: 'Override the grade' })
    await expect(dialog.getByRole('radiogroup', { name: 'Severity' }).getByRole('radio')).toHaveCount(3)
    await expect(dialog.getByRole('radio', { name: 'Urgent' })).toBeChecked()
    await dialog.getByRole('radio', { name: 'Urgent' }).focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await expect(dialog.getByRole('radio', { name: 'Safe' })).toBeChecked()
    await page.keyboard.press('Control+Enter')
    await expect(dialog.getByRole('alert').last()).toContainText('Give a reason first')
    // What is missing has the focus.
    await expect(dialog.getByLabel('Reason')).toBeFocused()
    await page.keyboard.type('A drill, agreed with the owner')
    await page.keyboard.press('Control+Enter')
    await expect(dialog).toBeHidden()
    expect(fake.calls.filter(({ name }) => name === 'reports.override')).toEqual([
      {
        name: 'reports.override',
        arg: { id: 'report-14', severity: 'safe', reason: 'A drill, agreed with the owner' },
      },
    ])
    // The analyst's grade stands, the policy's is kept beside it.
    await expect(report(page).locator('.ahead')).toContainText(/safe.*by you/)
    await expect(report(page).locator('.ahead')).toContainText(/Your reason.*A drill.*Policy.*urgent.*policy v14/)
    const history = report(page).getByRole('region', { name: 'Review history' })
    await expect(history.getByRole('listitem').first()).toContainText(/safe.*you/)
    await expect(history.getByRole('listitem').nth(1)).toContainText(/urgent.*policy v14/)

    await page.keyboard.press('Escape')
    await expect(report(page)).toHaveCount(0)
    await expect(grid(page)).toBeFocused()
    await expect(grid(page).locator('[aria-selected=true]')).toHaveAccessibleName(/safe, graded by you/)
  })

  test('inspects and reviews again from the palette', async ({ desk }) => {
    const { page, fake } = desk
    await openFirst(page)
    await expect(report(page)).toBeVisible()
    for (const [words, call, told] of [
      ['inspect again', 'reports.reinspect', 'asked about 4 entities'],
      ['review now', 'reports.review', 'grades what there is'],
    ] as const) {
      await page.keyboard.press('Control+k')
      await page.keyboard.type(words)
      await expect(page.getByRole('option').first()).toHaveAccessibleName(new RegExp(words, 'i'))
      await page.keyboard.press('Enter')
      await expect.poll(() => fake.calls.filter(({ name }) => name === call).length).toBe(1)
      await expect(page.getByText(told)).toBeVisible()
    }
  })

  test('walks the graph by arrow keys, and Enter goes to the entity’s card', async ({ desk }) => {
    const { page } = desk
    await openFirst(page)
    const relations = report(page).getByRole('region', { name: 'Relations' })
    const nodes = relations.getByRole('application').getByRole('button')
    await expect(nodes.first()).toBeVisible()
    // One stop for Tab, wherever the arrows went.
    await expect(nodes.and(page.locator('[tabindex="0"]'))).toHaveCount(1)
    await nodes.and(page.locator('[tabindex="0"]')).focus()
    await expect(nodes.and(page.locator(':focus'))).toHaveAccessibleName(/^Alert /)
    await page.keyboard.press('ArrowRight')
    const focused = nodes.and(page.locator(':focus'))
    await expect(focused).toHaveAccessibleName(/^Entity /)
    const name = (await focused.getAttribute('aria-label'))?.replace('Entity ', '') ?? ''
    await page.keyboard.press('ArrowRight')
    await expect(nodes.and(page.locator(':focus'))).toHaveAccessibleName(/^Found by /)
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Enter')
    await expect(report(page).getByRole('article', { name })).toBeFocused()
    await expect(report(page).getByRole('article', { name })).toBeInViewport()
  })
})

test('shows what was found about an entity, what failed and where else it was seen', async ({ desk }) => {
  const { page, fake } = desk
  await grid(page).getByRole('row').first().click()
  const card = report(page).getByRole('article', { name: '198.51.100.23' })
  await expect(card).toContainText('Seen before: 41 alerts, 3 other reports')
  await expect(card).toContainText(/1 urgent.*2 safe/)
  await expect(card).toContainText('HTTP 429 from api.abuseipdb.com')
  await expect(card).toContainText('after 5 tries')
  await card.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(() => fake.reports.retried).toEqual(['inspection-failed'])

  // Nobody's link: neither in the line nor in what is behind it.
  await expect(card).toContainText('hxxps://evil.example[.]com/login')
  // A key, not a click: the answer to "Try again" may move the line.
  await card.getByRole('button', { name: /^12 pulses/ }).press('Enter')
  await expect(card.getByRole('region', { name: 'Related malware' })).toContainText(
    '2 of 3: ClamAV Win.Test.EICAR_HDB-1',
  )
  await expect(card.getByRole('region', { name: 'Related URLs' })).toContainText('hxxp://c2.example[.]com/drop')
  await expect(card).toContainText('AS64500 Example Hosting')
  await card.getByRole('button', { name: 'AS64500, no reverse name' }).press('Enter')
  await expect(card.getByRole('tree')).toContainText('handle')
  expect(await report(page).locator('a[href^="http"], a[target]').count()).toBe(0)
  await expectNoViolation(page, 'with findings open')
})

test('copies a value as it is and defanged', async ({ desk, context }) => {
  const { page } = desk
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await grid(page).getByRole('row').first().click()
  const card = report(page).getByRole('article', { name: 'c2.example.com' })
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
  await card.getByRole('button', { name: 'Copy the value' }).click()
  await expect.poll(clipboard).toBe('c2.example.com')
  await card.getByRole('button', { name: 'Copy it defanged' }).click()
  await expect.poll(clipboard).toBe('c2.example[.]com')
})

test('goes from a value to all alerts and all reports that have it', async ({ desk }) => {
  const { page, fake } = desk
  await grid(page).getByRole('row').first().click()
  const card = report(page).getByRole('article', { name: '198.51.100.23' })
  await card.getByRole('button', { name: 'Show reports with this value' }).click()
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '4')
  await expect(page.getByRole('search')).toContainText('entity 198.51.100.23')
  expect(fake.calls.findLast(({ name }) => name === 'reports.page')?.arg).toMatchObject({
    filter: { value: '198.51.100.23' },
  })
  await page.getByRole('button', { name: /^Show reports without 198.51.100.23/ }).click()
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '14')

  await grid(page).getByRole('row').first().click()
  await card.getByRole('button', { name: 'Show alerts with this value' }).click()
  await expect(page).toHaveURL(/#\/inbox$/)
  await expect(page.getByRole('searchbox', { name: 'Search alerts' })).toHaveValue('"198.51.100.23"')
  // Closed ones too.
  expect(fake.calls.findLast(({ name }) => name === 'alerts.page')?.arg).toMatchObject({ filter: { triage: [] } })
  await expect(page.getByRole('grid', { name: 'Inbox' }).getByRole('row').first()).toHaveAccessibleName(
    /198\.51\.100\.23/,
  )
})

test('leads to its alerts, and to what waits for the analyst', async ({ desk }) => {
  const { page } = desk
  await grid(page).getByRole('row').first().click()
  const reactions = report(page).getByRole('region', { name: 'Reactions' })
  await expect(reactions.getByText('Succeeded')).toBeVisible()
  await expect(reactions).toContainText('the workspace has no package emit')
  await reactions.getByRole('link', { name: 'Waiting for you' }).click()
  await expect(page).toHaveURL(/#\/waiting\/alert-40-quarantine$/)
  await page.goBack()
  await report(page).getByRole('region', { name: 'Alerts' }).getByRole('link').first().click()
  await expect(page).toHaveURL(/#\/inbox\/alert-40$/)
})

test('opens the chain of a reaction in its place', async ({ desk }) => {
  const { page } = desk
  await grid(page).getByRole('row').first().click()
  const reactions = report(page).getByRole('region', { name: 'Reactions' })
  await reactions.getByRole('button', { name: 'Open the chain' }).click()
  await expect(reactions.getByRole('group', { name: 'Round 0' })).toBeVisible()
})

test('filters by grade and by text, and says when nothing matches', async ({ desk }) => {
  const { page } = desk
  const grades = page.getByRole('group', { name: 'Severity' })
  await grades.getByRole('button', { name: 'Urgent' }).click()
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '2')
  await grades.getByRole('button', { name: 'All' }).click()
  await page.keyboard.press('/')
  await page.keyboard.type('payments')
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '2')
  await page.keyboard.type(' nowhere')
  await expect(page.getByText('No report matches')).toBeVisible()
  await expectNoViolation(page, 'nothing matches')
  await page.getByRole('button', { name: 'Show all reports' }).click()
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '14')
})

test('a grade that comes while the dialog is open is read first, and what was typed stays', async ({ desk }) => {
  const { page, fake } = desk
  await grid(page).getByRole('row').nth(1).click()
  await report(page).getByRole('button', { name: 'Override…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Override the grade' })
  await dialog.getByLabel('Reason').fill('Looks harmless')
  await fake.call('reports.override', { id: 'report-13', severity: 'urgent', reason: 'Elsewhere' })
  await expect(dialog.getByRole('alert').first()).toContainText('It was graded urgent by you meanwhile: “Elsewhere”')
  await expect(dialog.getByLabel('Reason')).toHaveValue('Looks harmless')
})

test('new reports wait behind a pill and move no row', async ({ desk }) => {
  const { page, fake } = desk
  const third = grid(page).getByRole('row').nth(2)
  await third.click()
  const id = await third.getAttribute('id')
  for (const no of [15, 16]) fake.reports.rows.unshift(reportRow(no, no, Date.now()))
  fake.changed(['reports'])
  const pill = page.getByRole('button', { name: '2 new reports' })
  await expect(pill).toBeVisible()
  await expect(grid(page).getByRole('row').nth(2)).toHaveAttribute('id', id ?? '')
  await pill.click()
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '16')
})

test('findings appear as they come', async ({ desk }) => {
  const { page, fake } = desk
  await grid(page).getByRole('row').first().click()
  const card = report(page).getByRole('article', { name: 'late.example.com' })
  await expect(report(page).getByRole('article').first()).toBeVisible()
  await expect(card).toHaveCount(0)
  const detail = await fake.call('reports.get', { id: 'report-14' })
  if (!detail.ok) throw new Error('no report')
  const late = entity('late.example.com', 'domain', ['remote'])
  fake.overrides['reports.get'] = () => ({ ...detail.value, entities: [...detail.value.entities, late] })
  fake.changed(['reports'])
  await expect(card).toBeVisible()
})

test('[S20] hostile text is text', async ({ desk }) => {
  const { page, fake } = desk
  const hostile = '<img src=x onerror=alert(1)>\u202Egpj.exe https://evil.example.com'
  const row = fake.reports.rows[0]
  if (row) Object.assign(row, { title: hostile, detector: hostile, alertKey: hostile })
  const detail = await fake.call('reports.get', { id: 'report-14' })
  if (!detail.ok) throw new Error('no report')
  const bad = entity(hostile, hostile, [hostile], { hash: 'bad', alertIds: detail.value.alerts.map(({ id }) => id) })
  fake.overrides['reports.get'] = () => ({ ...detail.value, entities: [bad], stopped: hostile, reason: hostile })
  fake.changed(['reports'])
  await expect(grid(page).getByRole('row').first()).toContainText('<img src=x')
  await grid(page).getByRole('row').first().click()
  await expect(report(page).getByRole('article').first()).toContainText('<img src=x onerror=alert(1)>')
  await expect(report(page).getByRole('region', { name: 'Relations' })).toContainText('U+202E')
  expect(await report(page).locator('img').count()).toBe(0)
  expect(await page.locator('main').innerText()).not.toContain('\u202E')
  expect(await report(page).locator('a[href^="http"]').count()).toBe(0)
})

test('an empty place says what it is for, and fills by itself', async ({ page }) => {
  const host = new DeskHost({ reports: 0 })
  await host.start()
  await open(page, host, '/reports')
  await expect(page.getByText('No report yet')).toBeVisible()
  await expectNoViolation(page, 'empty')
  host.fake.reports.rows.unshift(reportRow(0, 1, Date.now()))
  host.fake.changed(['reports'])
  await expect(grid(page).getByRole('row')).toHaveCount(1)
  await host.stop()
})

test('loading and errors are drawn, and tried again', async ({ desk }) => {
  const { page, fake } = desk
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '14')
  fake.overrides['reports.get'] = () => new Promise(() => {})
  await grid(page).getByRole('row').first().click()
  await expect(page.getByText('Reading the report…')).toBeVisible()
  fake.overrides['reports.get'] = () => {
    throw new Refusal('report_missing', 'This report does not exist: reload the list.')
  }
  await grid(page).getByRole('row').nth(1).click()
  await expect(report(page).getByRole('alert')).toContainText('This report does not exist')
  delete fake.overrides['reports.get']
  await report(page).getByRole('button', { name: 'Try again' }).click()
  await expect(report(page).getByRole('heading', { level: 2 })).toHaveText('Trojan:EC2/DropPoint!DNS')
  await report(page).getByRole('button', { name: 'Close detail' }).click()

  fake.overrides['reports.page'] = () => {
    throw new Refusal('busy', 'The store is busy: try again.')
  }
  await page.getByRole('group', { name: 'Severity' }).getByRole('button', { name: 'Safe' }).click()
  await expect(page.getByRole('alert')).toContainText('The store is busy')
  await expectNoViolation(page, 'error')
  delete fake.overrides['reports.page']
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '6')
})

test('an act that the engine refuses is told, and nothing is lost', async ({ desk }) => {
  const { page, fake } = desk
  await grid(page).getByRole('row').first().click()
  for (const name of ['reports.review', 'reports.reinspect', 'reports.override'] as const)
    fake.overrides[name] = () => {
      throw new Refusal('store_failed', 'The disk is full: nothing was stored.')
    }
  await report(page).getByRole('button', { name: 'Review now' }).click()
  await expect(page.getByText('Not reviewed')).toBeVisible()
  await report(page).getByRole('button', { name: 'Override…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Override the grade' })
  await dialog.getByLabel('Reason').fill('Known')
  await dialog.getByRole('button', { name: 'Override grade' }).click()
  await expect(dialog).toContainText('The disk is full')
  await expect(dialog.getByLabel('Reason')).toHaveValue('Known')
})

test.describe('10,000 reports', () => {
  test.use({ deskOptions: { reports: 10_000 } })

  test('mounts few rows, and keys reach the last one', async ({ desk }) => {
    const { page } = desk
    await expect(grid(page)).toHaveAttribute('aria-rowcount', '10000')
    const rows = grid(page).getByRole('row')
    await expect(rows.first()).toBeVisible()
    expect(await rows.count()).toBeLessThanOrEqual(40)
    await grid(page).press('End')
    await expect(grid(page).locator('[aria-selected=true]')).toHaveAttribute('aria-rowindex', '10000')
    expect(await rows.count()).toBeLessThanOrEqual(40)
    await grid(page).evaluate((element) => element.scrollTo(0, 5000 * 52))
    await expect(grid(page).locator('[aria-rowindex="5003"]')).toHaveAttribute('id', 'report-report-4998')
    expect(await rows.count()).toBeLessThanOrEqual(40)
  })
})

test.describe('a report with more than a picture holds', () => {
  test('draws a part, and the list has all', async ({ desk }) => {
    const { page, fake } = desk
    const detail = await fake.call('reports.get', { id: 'report-14' })
    if (!detail.ok) throw new Error('no report')
    const alertIds = detail.value.alerts.map(({ id }) => id)
    const entities = Array.from({ length: 200 }, (_, no) => entity(`10.0.0.${no}`, 'ipaddr', ['remote'], { alertIds }))
    fake.overrides['reports.get'] = () => ({ ...detail.value, entities })
    await grid(page).getByRole('row').first().click()
    const relations = report(page).getByRole('region', { name: 'Relations' })
    await expect(relations.getByRole('application').getByRole('button')).toHaveCount(60)
    await expect(relations).toContainText('144 further nodes are not drawn')
    await relations.getByText('Relations as a list').click()
    const list = relations.getByRole('list', { name: 'Relations as a list' })
    await expect(list.getByRole('listitem')).toHaveCount(200)
    // One that has no card yet gets one.
    await list.getByRole('button', { name: '10.0.0.150' }).click()
    await expect(report(page).getByRole('article', { name: '10.0.0.150' })).toBeFocused()
  })
})

for (const { width, height } of [
  { width: 640, height: 400 },
  { width: 900, height: 600 },
  { width: 1280, height: 800 },
  { width: 1440, height: 900 },
]) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test.describe(`at ${width}×${height}, ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, colorScheme })

      test('axe finds nothing, on the list, the open report and the dialog', async ({ desk }) => {
        const { page } = desk
        await expect(grid(page).getByRole('row').first()).toBeVisible()
        await expectNoViolation(page, 'list')
        await grid(page).getByRole('row').first().click()
        const relations = report(page).getByRole('region', { name: 'Relations' })
        await relations.scrollIntoViewIfNeeded()
        await expect(relations.getByRole('application').getByRole('button').first()).toBeVisible()
        await expectNoViolation(page, 'report')
        await relations.getByRole('button', { name: 'Show the graph large' }).click()
        await expect(relations.getByRole('button', { name: 'Show the graph small' })).toBeFocused()
        await expect(relations.getByRole('application').getByRole('button').first()).toBeVisible()
        await expectNoViolation(page, 'large graph')
        await report(page).getByRole('button', { name: 'Override…' }).click()
        await expect(page.getByRole('dialog')).toBeVisible()
        await expectNoViolation(page, 'dialog')
      })
    })
  }
}
