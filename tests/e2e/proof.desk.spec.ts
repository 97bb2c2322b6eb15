import { AxeBuilder } from '@axe-core/playwright'
import { existsSync } from 'node:fs'
import { expect, go, test } from './desk-steps.ts'

test('proves the workspace from the settings by keyboard, shows the report and keeps it', async ({ desk }) => {
  // Some six hundred desks, one after the other.
  test.setTimeout(300_000)
  const { page } = desk
  await go(page, 'Settings')
  const row = page.locator('.sr', { hasText: 'Prove it here' })
  await row.getByRole('button', { name: 'Prove', exact: true }).press('Enter')
  await expect(row.getByRole('status')).toContainText(/Reading the policies|\d of \d+, now/)
  await expect(row.getByRole('status')).toContainText(/\d+ passed, 0 violated, \d+ not applicable/, {
    timeout: 240_000,
  })
  await row.getByRole('button', { name: 'Show report' }).press('Enter')
  const report = page.getByRole('dialog', { name: 'Proof' })
  await expect(report).toContainText('no socket was opened')
  const action = report.locator('summary', { hasText: 'file.quarantine' })
  await action.press('Enter')
  await expect(report.getByText('Killed after the effect, before its outcome is stored').first()).toBeVisible()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([])
  await report.getByRole('button', { name: 'Save as Markdown and JSON' }).press('Enter')
  await expect(report.getByRole('status')).toHaveText(/proof-.*\.md$/)
  const saved = await report.getByRole('status').textContent()
  expect(existsSync(saved ?? '')).toBe(true)
  await page.keyboard.press('Escape')
  await expect(row.getByRole('button', { name: 'Show report' })).toBeFocused()
})

test('a proof that is cancelled says so, and another may begin', async ({ desk }) => {
  const { page } = desk
  await go(page, 'Settings')
  const row = page.locator('.sr', { hasText: 'Prove it here' })
  await row.getByRole('button', { name: 'Prove', exact: true }).click()
  await row.getByRole('button', { name: 'Cancel' }).click()
  await expect(row.getByRole('status')).toHaveText('Cancelled')
  await expect(row.getByRole('button', { name: 'Prove', exact: true })).toBeEnabled()
})
