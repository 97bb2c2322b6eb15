import type { Locator, Page } from '@playwright/test'
import { alertRow } from '../fakes/desk-data.ts'
import { Refusal } from '../fakes/desk-refusal.ts'
import { expect, test } from './desk-fixture.ts'
import { deskHandlers } from '../fakes/desk-handlers.ts'

function inbox(page: Page): Locator {
  return page.getByRole('grid', { name: 'Inbox' })
}

async function overlap(one: Locator, other: Locator): Promise<boolean> {
  const [a, b] = [await one.boundingBox(), await other.boundingBox()]
  if (!a || !b) throw new Error('not drawn')
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

for (const [width, height] of [
  [1280, 800],
  [1024, 768],
  [640, 400],
] as const) {
  test(`what an act came to covers no row at ${width} px, and u takes it back`, async ({ desk }) => {
    const { page, fake } = desk
    await page.setViewportSize({ width, height })
    const grid = inbox(page)
    await expect(grid.locator('[aria-rowindex="1"]')).toBeVisible()
    await page.keyboard.press('j')
    await grid.press('End')
    await expect(grid.locator('[aria-selected=true]')).toHaveAttribute('aria-rowindex', '40')
    await page.keyboard.press('e')
    await page.keyboard.press('f')
    const message = page.getByRole('group').filter({ hasText: 'Closed as false positive' })
    await expect(message.getByRole('button', { name: 'Undo' })).toHaveAttribute('aria-keyshortcuts', 'u')
    expect(await overlap(message, grid)).toBe(false)
    expect(fake.alerts[39]?.triage).toBe('closed')
    await page.keyboard.press('u')
    await expect(message).toHaveCount(0)
    expect(fake.alerts[39]?.triage).toBe('new')
    // What was taken back is not taken back twice.
    await page.keyboard.press('u')
    expect(fake.calls.filter(({ name }) => name === 'alerts.untriage')).toHaveLength(1)
  })
}

test('Enter in the search opens the first hit, also while it is being looked for', async ({ desk }) => {
  const { page, fake } = desk
  await expect(inbox(page).locator('[aria-rowindex="1"]')).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('terminal')
  await page.keyboard.press('Enter')
  const first = fake.alerts.find(({ title }) => title.startsWith('Terminal shell'))
  await expect(page).toHaveURL(new RegExp(`#/inbox/${first?.id}$`))
  await expect(page.getByRole('region', { name: 'Alert', exact: true })).toBeVisible()
})

test('a search that only closed alerts match says so, and shows them', async ({ desk }) => {
  const { page, fake } = desk
  await expect(inbox(page).locator('[aria-rowindex="1"]')).toBeVisible()
  fake.alerts.push(alertRow(9001, Date.now() - 9e6, { title: 'Beacon to the staging host', triage: 'closed', seq: 0 }))
  await page.getByRole('searchbox', { name: 'Search alerts' }).fill('beacon to the')
  await expect(page.getByText('Only closed alerts match')).toBeVisible()
  await expect(page.getByText('1 row with closed alerts')).toBeVisible()
  await page.getByRole('button', { name: 'Show them' }).click()
  await expect(inbox(page).getByRole('row', { name: /^Beacon to the staging host/ })).toBeVisible()
})

test('a search that cannot be read says why, and shows no rows of another question', async ({ desk }) => {
  const { page, fake } = desk
  await expect(inbox(page).locator('[aria-rowindex="1"]')).toBeVisible()
  fake.overrides['alerts.page'] = () => {
    throw new Refusal('search_unready', 'The search index is being made. Try again in a moment.')
  }
  await page.getByRole('searchbox', { name: 'Search alerts' }).fill('terminal')
  const failure = page.getByRole('alert').filter({ hasText: 'The search index is being made.' })
  await expect(failure).toBeVisible()
  await expect(inbox(page)).toHaveCount(0)
  delete fake.overrides['alerts.page']
  await failure.getByRole('button', { name: 'Try again' }).click()
  await expect(
    inbox(page)
      .getByRole('row', { name: /^Terminal shell/ })
      .first(),
  ).toBeVisible()
})

test('the keys on the verdicts and on the decision are those that work', async ({ desk }) => {
  const { page, fake } = desk
  await inbox(page).locator('[aria-rowindex="2"]').click()
  const caps = (button: Locator) =>
    button.locator('kbd').evaluateAll((keys) => keys.map((key) => key.getAttribute('data-cap')))
  const dock = page.getByRole('toolbar', { name: 'Verdict' })
  expect(await caps(dock.getByRole('button', { name: 'True positive' }))).toEqual(['e', 't'])
  await page.getByRole('link', { name: 'Waiting for you' }).click()
  const approve = page.getByRole('button', { name: /^Approve: / })
  await expect(approve).toBeVisible()
  expect(await caps(approve)).toEqual(['a', 'Ctrl', '↵'])
  await page.keyboard.press('Control+Enter')
  expect(fake.calls.some(({ name }) => name === 'approvals.approve')).toBe(false)
  await page.keyboard.press('a')
  await page.keyboard.press('Control+Enter')
  // The page that the decision leaves says what came of it, and leads to its alert.
  const last = page.getByRole('region', { name: 'Your last decision' })
  await expect(last).toContainText('Succeeded')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`#/inbox/${fake.alerts[0]?.id}$`))
})

test('a reason that is missing is asked for, by a click as by the keys', async ({ desk }) => {
  const { page } = desk
  await page.getByRole('link', { name: 'Waiting for you' }).click()
  await page.getByRole('button', { name: 'Reject…' }).click()
  const dialog = page.getByRole('dialog')
  // The button says that it would not send; a click on it says why.
  await dialog.getByRole('button', { name: 'Reject action' }).click({ force: true })
  await expect(dialog.getByRole('alert').filter({ hasText: 'Give a reason first' })).toBeVisible()
  await expect(dialog.getByRole('textbox', { name: 'Reason' })).toBeFocused()
})

test('while nothing is connected the receiver is not shown as listening', async ({ desk }) => {
  const { page, host, violations } = desk
  const lamp = page.locator('.titlebar .live')
  await expect(lamp.locator('.dot')).toHaveClass(/c-ok/)
  await host.stop()
  await expect(page.getByText('Not connected')).toBeVisible()
  await expect(lamp.locator('.dot')).not.toHaveClass(/c-ok/)
  await expect(lamp).toContainText('not known')
  violations.length = 0
  await page.goto('about:blank')
  await host.start()
})

test.describe('the port is taken', () => {
  const receiver = { state: 'port_taken', url: null, address: '127.0.0.1:8080', message: 'It is taken.' } as const
  test.use({ deskOptions: { alerts: 0, state: { receiver, isFirstRun: true } } })
  test('another one is offered, and a sample that cannot be sent says why', async ({ desk }) => {
    const { page } = desk
    const send = page.getByRole('button', { name: 'Send a sample alert' })
    await expect(send).toBeDisabled()
    await expect(send).toHaveAccessibleDescription(/does not listen/)
    await page.getByRole('button', { name: 'Use another port…' }).click()
    const address = page.getByRole('textbox', { name: 'Address' })
    await expect(address).toHaveValue('127.0.0.1:8081')
    await address.fill('127.0.0.1:8080')
    await address.press('Control+Enter')
    await expect(page.getByRole('dialog').getByRole('alert').filter({ hasText: 'does not work' })).toBeVisible()
  })
})

test('a long title, long keys and URLs in the description of an alert can be read, and none is a link', async ({
  desk,
}) => {
  const { page, fake } = desk
  const answer = deskHandlers(fake)['alerts.get']
  const long = `Detected http://c2.example.com/drop ${'by the rule of the third sensor '.repeat(12)}END`
  fake.overrides['alerts.get'] = async (arg) => {
    const detail = structuredClone(await answer(arg))
    const attr = (no: number) => ({
      id: `k${no}`,
      key: `attribute ${no}`,
      value: 'x',
      type: '',
      persist: false,
      ttl: 0,
      addedBy: null,
    })
    const alert = { ...detail.alert, title: long, description: 'It fetched https://evil.example.com/x.' }
    return { ...detail, alert, attrs: [1, 2, 3].map((no) => ({ ...detail.attrs[0], ...attr(no) })) }
  }
  await inbox(page).locator('[aria-rowindex="2"]').click()
  const pane = page.getByRole('region', { name: 'Alert', exact: true })
  const heading = pane.getByRole('heading', { name: /^Detected hxxp:\/\/c2\.example\[\.\]com\/drop/ })
  await expect(heading).toHaveCSS('height', '48px')
  await pane.getByRole('button', { name: 'Show the whole title' }).click()
  expect(await heading.evaluate((element) => element.scrollHeight - element.clientHeight)).toBeLessThanOrEqual(1)
  await expect(pane).toContainText('It fetched hxxps://evil.example[.]com/x.')
  for (const key of await pane.getByRole('region', { name: 'Attributes' }).locator('dt').all()) {
    const cut = await key.locator('.head').evaluate((element) => element.scrollWidth > element.clientWidth)
    expect(cut, `${await key.textContent()} is cut`).toBe(false)
  }
})

test('closing an alert whose actions still wait says so', async ({ desk }) => {
  const { page } = desk
  await inbox(page).locator('[aria-rowindex="1"]').waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('e')
  await page.keyboard.press('f')
  const message = page.getByRole('group').filter({ hasText: 'Closed as false positive' })
  await expect(message).toContainText('1 action of it still waits: decide under Waiting for you')
})

test('a containment that was ended elsewhere is marked as lifted, with a reason, and nothing runs', async ({
  desk,
}) => {
  const { page, fake } = desk
  fake.settle('alert-40-quarantine', 'succeeded', '')
  Object.assign(fake.containments[0] ?? {}, {
    name: 'Cut off the reporting server of the second floor until it has been rebuilt',
    target: '/srv/upload/accounting/of/the/second/floor/2026/november/invoice-of-the-supplier.exe',
  })
  await page.getByRole('link', { name: 'Active containments' }).click()
  const table = page.getByRole('table', { name: 'Active containments' })
  for (const width of [1280, 900, 640]) {
    await page.setViewportSize({ width, height: 600 })
    const cut = await table
      .locator('tbody td:visible, tbody td:visible .ell')
      .evaluateAll((cells) =>
        cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
      )
    expect(cut, `${width} px`).toEqual([])
  }
  await table.getByRole('button', { name: /^Mark as lifted/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('rebuilt by hand')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText('Nothing is cut off')).toBeVisible()
  expect(fake.calls.filter(({ name }) => name.startsWith('containments.') && name !== 'containments.list')).toEqual([
    { name: 'containments.lift', arg: { attemptId: 'alert-40-quarantine-attempt', reason: 'rebuilt by hand' } },
  ])
})

test('a containment that was so before says so, and offers no undo', async ({ desk }) => {
  const { page, fake } = desk
  fake.settle('alert-40-quarantine', 'succeeded', '')
  Object.assign(fake.containments[0] ?? {}, { isUnchanged: true, undo: null })
  await page.getByRole('link', { name: 'Active containments' }).click()
  const row = page.getByRole('table', { name: 'Active containments' }).getByRole('row').nth(1)
  await expect(row).toContainText('Was so before')
  await expect(row).toContainText('nothing to undo')
  await expect(row.getByRole('button')).toHaveAccessibleName(/^Mark as lifted: /)
})

test('titles have the room that other columns of their row do not use', async ({ desk }) => {
  const { page } = desk
  await inbox(page).locator('[aria-rowindex="3"]').click()
  await expect(page.getByRole('region', { name: 'Alert', exact: true })).toBeVisible()
  // Of a title that is cut all the same, the row has given most of its width.
  const shares = await inbox(page)
    .locator('.arow')
    .evaluateAll((rows) =>
      rows.flatMap((row) => {
        const [cell, head] = [row.querySelector('.t'), row.querySelector('.t .head')]
        const isCut = cell !== null && head !== null && head.scrollWidth > head.clientWidth + 1
        return isCut ? [cell.clientWidth / row.clientWidth] : []
      }),
    )
  expect(Math.min(1, ...shares)).toBeGreaterThan(0.55)
  await page.getByRole('link', { name: 'Events' }).click()
  await page.setViewportSize({ width: 640, height: 400 })
  const schemas = page.getByRole('grid', { name: 'Events' }).locator('.head')
  await expect(page.getByRole('grid', { name: 'Events' }).getByRole('row').first()).toBeVisible()
  expect(await schemas.evaluateAll((all) => all.filter((head) => head.scrollWidth > head.clientWidth + 1).length)).toBe(
    0,
  )
})

test('an unread title is heavier than a read one, by a font that comes with the page', async ({ desk }) => {
  const { page } = desk
  const unread = inbox(page).locator('.arow.unread .t').first()
  await expect(unread).toHaveCSS('font-weight', '500')
  await expect(unread).toHaveCSS('font-family', /^Inter,/)
  const widths = await page.evaluate(async () => {
    const faces = await Promise.all(['400', '500'].map((weight) => document.fonts.load(`${weight} 13px Inter`)))
    const context = document.createElement('canvas').getContext('2d')
    return faces.map((face, index) => {
      if (!context || face[0]?.status !== 'loaded') return 0
      context.font = `${index === 0 ? 400 : 500} 13px Inter`
      return context.measureText('Terminal shell in container').width
    })
  })
  expect(widths[0]).toBeGreaterThan(0)
  expect(widths[1]).toBeGreaterThan(widths[0] ?? 0)
})
