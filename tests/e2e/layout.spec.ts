import type { Page } from '@playwright/test'
import { expect, test } from './desk-fixture.ts'

const SIZES = [
  { width: 640, height: 400 },
  { width: 900, height: 600 },
  { width: 1024, height: 640 },
  { width: 1280, height: 800 },
] as const
const PLACES = [
  '/inbox',
  '/inbox/alert-40',
  '/waiting',
  '/events',
  '/reports',
  '/reports/report-14',
  '/problems',
  '/containments',
  '/settings',
] as const

async function goTo(page: Page, place: string): Promise<void> {
  await page.evaluate((hash) => {
    window.location.hash = hash
  }, place)
}

for (const viewport of SIZES) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test.describe(`at ${viewport.width}×${viewport.height}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme })

      test('every place fits, and shows something of itself', async ({ desk }) => {
        const { page, fake } = desk
        fake.addWaiting(5)
        fake.settle('alert-35-quarantine', 'succeeded', '')
        for (const place of PLACES) {
          await goTo(page, place)
          const heading = page.locator('main h1, main h2').first()
          await expect(heading, place).toBeInViewport({ ratio: 1 })
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
          expect(wide, `${place} is not wider than the window`).toBeLessThanOrEqual(0)
          const cut = await page
            .locator('main .btn:visible, header .btn:visible')
            .evaluateAll((buttons) =>
              buttons
                .filter((each) => each.getBoundingClientRect().right > window.innerWidth)
                .map((each) => each.outerHTML),
            )
          expect(cut, `${place} cuts no button`).toEqual([])
        }
      })

      for (const place of ['/waiting', '/inbox/alert-40']) {
        test(`${place}: what is decided is in sight before a key decides it`, async ({ desk }) => {
          const { page, fake } = desk
          await goTo(page, place)
          const card = page.getByRole('group', { name: 'Approval: file.quarantine' })
          const approve = card.getByRole('button', { name: 'Approve: Quarantine invoice.exe' })
          await expect(approve).toBeVisible()
          if (place === '/waiting') await expect(approve).toBeInViewport({ ratio: 1 })
          // Longer arguments than a low window holds are read line by line; each `a` shows where to go on.
          await expect(async () => {
            await page.keyboard.press('a')
            await expect(approve).toBeFocused({ timeout: 500 })
          }).toPass({ timeout: 10_000 })
          await expect(card.getByRole('heading', { name: 'Quarantine invoice.exe' })).toBeInViewport({ ratio: 1 })
          await expect(card.locator('[data-decided=arguments]')).toBeInViewport({ ratio: 0.2 })
          await expect(approve).toBeInViewport({ ratio: 1 })
          await page.keyboard.press('Control+Enter')
          await expect.poll(() => fake.calls.filter(({ name }) => name === 'approvals.approve').length).toBe(1)
        })
      }

      test('the edit dialog keeps its title, what changes and its answer in the window', async ({ desk }) => {
        const { page } = desk
        await goTo(page, '/waiting')
        await page.getByRole('button', { name: 'Edit…' }).click()
        const dialog = page.getByRole('dialog', { name: /^Edit/ })
        await dialog.getByLabel('path', { exact: true }).fill('/srv/upload/other.exe')
        await expect(dialog.getByRole('button', { name: 'Approve with changes' })).toBeEnabled()
        for (const part of [
          dialog.getByRole('heading', { name: /^Edit/ }),
          dialog.getByRole('region', { name: 'What changes' }),
          dialog.getByRole('button', { name: 'Approve with changes' }),
        ])
          await expect(part).toBeInViewport({ ratio: 1 })
      })
    })
  }
}

test.describe('out of sight', () => {
  test.use({ viewport: { width: 640, height: 400 }, startAt: '/waiting' })

  test('no click and no key approves, and the card says why', async ({ desk }) => {
    const { page, fake } = desk
    const card = page.getByRole('group', { name: 'Approval: file.quarantine' })
    const approve = card.getByRole('button', { name: 'Approve: Quarantine invoice.exe' })
    await expect(approve).toBeVisible()
    await page.getByRole('region', { name: 'Decision' }).evaluate((region) => region.scrollTo(0, region.scrollHeight))
    await approve.evaluate((button) => button.focus({ preventScroll: true }))
    await page.keyboard.press('Control+Enter')
    await expect(card.getByText(/Not approved yet|Scroll: read all arguments first/)).toBeInViewport()
    expect(fake.calls.filter(({ name }) => name === 'approvals.approve')).toEqual([])
  })

  test('the list and back is a move of the analyst: the keys act on', async ({ desk }) => {
    const { page } = desk
    const approve = page.getByRole('button', { name: 'Approve: Quarantine invoice.exe' })
    await expect(approve).toBeVisible()
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('grid', { name: 'Decisions' })).toBeVisible()
    await page.keyboard.press('Enter')
    await expect(approve).toBeVisible()
    await page.keyboard.press('a')
    await expect(approve).toBeFocused()
    await expect(page.getByText('settled elsewhere')).toHaveCount(0)
  })
})

test.describe('titles', () => {
  test.use({ viewport: { width: 640, height: 400 } })

  test('keep their beginning, and their end where there is room for both', async ({ desk }) => {
    const { page } = desk
    const heads = page.getByRole('grid', { name: 'Inbox' }).locator('.t .head')
    await expect(heads.first()).toBeVisible()
    // All of it, or as much as can be recognised.
    const widths = await heads.evaluateAll((all) =>
      all.map((head) => (head.scrollWidth <= head.clientWidth ? Infinity : head.clientWidth)),
    )
    expect(Math.min(...widths)).toBeGreaterThan(40)
  })
})
