import { expect, test } from './desk-fixture.ts'

test.describe('keyboard only', () => {
  test('[analyst 9] closes alerts with verdicts, the next one selected after each', async ({ desk }) => {
    const { page, fake } = desk
    const grid = page.getByRole('grid', { name: 'Inbox' })
    await expect(grid.locator('[aria-rowindex="1"]')).toBeVisible()
    await page.keyboard.press('j')
    await expect(grid.locator('[aria-selected=true]')).toHaveCount(1)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('region', { name: 'Alert' })).toBeVisible()
    for (let no = 0; no < 20; no++) {
      const before = await grid.locator('[aria-selected=true]').getAttribute('id')
      await page.keyboard.press('e')
      await page.keyboard.press(['t', 'f', 'b', 'd'][no % 4] ?? 't')
      await expect(grid.locator('[aria-selected=true]')).not.toHaveAttribute('id', before ?? '')
    }
    expect(fake.alerts.filter((row) => row.triage === 'closed')).toHaveLength(20)
    expect(fake.alerts[1]?.verdict).toBe('false_positive')
    // The open alert followed the selection.
    await expect(page).toHaveURL(new RegExp(`#/inbox/${fake.alerts[20]?.id}$`))
    await page.keyboard.press('Escape')
    await expect(page.getByRole('region', { name: 'Alert' })).toHaveCount(0)
  })

  test('goes to places, searches, and shows its keys', async ({ desk }) => {
    const { page } = desk
    await page.keyboard.press('g')
    await page.keyboard.press('w')
    await expect(page).toHaveURL(/#\/waiting/)
    await page.keyboard.press('g')
    await page.keyboard.press('i')
    await expect(page).toHaveURL(/#\/inbox/)
    // The place was gone to by a link, which would take Enter for itself.
    await page.getByRole('link', { name: 'Inbox' }).click()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('region', { name: 'Alert' })).toBeVisible()
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    const search = page.getByRole('searchbox', { name: 'Search alerts' })
    await expect(search).toBeFocused()
    // Letters are text while typing: nothing is closed, no place is changed.
    await page.keyboard.type('terminal egw')
    await expect(search).toHaveValue('terminal egw')
    await expect(page.getByText('No alert matches')).toBeVisible()
    await search.fill('terminal')
    await expect(page.getByRole('grid', { name: 'Inbox' }).getByRole('row').first()).toHaveAccessibleName(
      /^Terminal shell/,
    )
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('Close as false positive')
  })

  test('runs commands from the palette', async ({ desk }) => {
    const { page } = desk
    await page.keyboard.press('Control+k')
    const palette = page.getByRole('dialog', { name: 'Commands' })
    await expect(palette).toBeVisible()
    await page.keyboard.type('probl')
    await expect(palette.getByRole('option').first()).toHaveAccessibleName(/Problems/)
    await page.keyboard.press('Enter')
    await expect(palette).toHaveCount(0)
    await expect(page).toHaveURL(/#\/problems/)
  })

  test('letter keys can be switched off', async ({ desk }) => {
    const { page } = desk
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('switch', { name: 'Single-letter keys' }).click()
    await page.getByRole('link', { name: 'Inbox' }).click()
    await page.keyboard.press('j')
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('dialog', { name: 'Commands' })).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('grid', { name: 'Inbox' }).locator('[aria-selected=true]')).toHaveCount(0)
  })
})

test('new alerts wait behind a pill and move no row', async ({ desk }) => {
  const { page, fake } = desk
  const grid = page.getByRole('grid', { name: 'Inbox' })
  const third = grid.getByRole('row').nth(2)
  await third.click()
  const before = await third.boundingBox()
  const name = await third.getAttribute('id')
  fake.addAlerts(5)
  const pill = page.getByRole('button', { name: '5 rows with new alerts' })
  await expect(pill).toBeVisible()
  expect(await grid.getByRole('row').nth(2).getAttribute('id')).toBe(name)
  const scrolled = await grid.evaluate((element) => element.scrollTop)
  expect(scrolled).toBe(0)
  expect(await grid.getByRole('row').nth(2).boundingBox()).toEqual(before)
  await expect(page.getByRole('status', { name: 'Live news' })).toContainText('New alert')
  await pill.click()
  await expect(grid.getByRole('row').first()).toHaveAttribute('id', `alert-${fake.alerts[0]?.id}`)
  await expect(pill).toHaveCount(0)
})

test('an empty inbox fills by itself', async ({ page }) => {
  const { DeskHost, open } = await import('./desk-fixture.ts')
  const host = new DeskHost({ alerts: 0 })
  await host.start()
  await open(page, host, '/inbox')
  await expect(page.getByText('No open alert')).toBeVisible()
  host.fake.addAlerts(2)
  await expect(page.getByRole('grid', { name: 'Inbox' }).getByRole('row')).toHaveCount(2)
  await host.stop()
})

test.describe('100,000 alerts', () => {
  test.use({ deskOptions: { alerts: 100_000 } })

  test('mounts at most 60 rows, and keeps selection and place while scrolling', async ({ desk }) => {
    const { page, fake } = desk
    const grid = page.getByRole('grid', { name: 'Inbox' })
    await expect(grid).toHaveAttribute('aria-rowcount', '100000')
    const rows = grid.getByRole('row')
    expect(await rows.count()).toBeLessThanOrEqual(60)
    await page.keyboard.press('j')
    await grid.press('End')
    await expect(grid.locator('[aria-selected=true]')).toHaveAttribute('aria-rowindex', '100000')
    expect(await rows.count()).toBeLessThanOrEqual(60)
    await grid.evaluate((element) => element.scrollTo(0, 50_000 * 32))
    await expect(grid.locator(`#alert-${fake.alerts[50_010]?.id}`)).toBeVisible()
    const id = fake.alerts[50_010]?.id ?? ''
    const top = (await grid.locator(`#alert-${id}`).boundingBox())?.y
    fake.addAlerts(3)
    await expect(page.getByRole('button', { name: '3 rows with new alerts' })).toBeVisible()
    expect((await grid.locator(`#alert-${id}`).boundingBox())?.y).toBe(top)
    expect(await rows.count()).toBeLessThanOrEqual(60)
  })

  test('leaves no gap when rows above were closed', async ({ desk }) => {
    const { page, fake } = desk
    const grid = page.getByRole('grid', { name: 'Inbox' })
    await expect(grid.locator('[aria-rowindex="1"]')).toBeVisible()
    await page.keyboard.press('j')
    for (let no = 0; no < 3; no++) {
      await page.keyboard.press('e')
      await page.keyboard.press('f')
      await expect(grid.locator(`#alert-${fake.alerts[no]?.id}.done`)).toBeVisible()
    }
    await grid.evaluate((element) => element.scrollTo(0, 300 * 32))
    await expect(grid.locator(`[aria-rowindex="311"]`)).toHaveAttribute('id', `alert-${fake.alerts[310]?.id}`)
  })
})
