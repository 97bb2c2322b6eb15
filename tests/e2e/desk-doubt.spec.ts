import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from './desk-fixture.ts'

test.describe('a database in doubt', () => {
  test.use({
    deskOptions: {
      state: { mode: 'off', heldChains: 3, doubt: { kind: 'restored', at: 1, message: 'A backup was restored.' } },
    },
  })
  test('[S40] says why nothing runs, and lets held chains close unless the analyst says run', async ({ desk }) => {
    const { page, fake } = desk
    const banner = page.getByRole('alert').filter({ hasText: 'A backup was restored' })
    await expect(banner).toContainText('3 chains held: what they do may have been done already')
    await banner.getByRole('button', { name: 'Problems' }).press('Enter')
    await expect(page.getByRole('heading', { name: 'Problems' })).toBeVisible()
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    await page.getByRole('combobox', { name: 'Response mode' }).click()
    await page.getByRole('option', { name: /^Ask before acting/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Switch to Ask before acting' })
    await expect(dialog).toContainText('is done again')
    await page.keyboard.press('Control+Enter')
    await expect(dialog).toHaveCount(0)
    expect(fake.calls.find(({ name }) => name === 'mode.set')?.arg).toEqual({ mode: 'ask', held: 'close' })
  })
})

test.describe('before a restore', () => {
  const backups = [{ name: 'daily-1777716000000.db', at: 1_777_716_000_000, bytes: 1 }]
  test.use({
    deskOptions: { state: { store: { state: 'corrupt', message: 'Page 812 is wrong.', bytes: 1, backups } } },
  })
  test('[S40] the dialog says what it will do', async ({ desk }) => {
    const { page } = desk
    await page.getByRole('button', { name: 'Restore daily-1777716000000.db…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Restore this backup' })
    await expect(dialog.getByRole('list', { name: 'What a restore does' })).toContainText('every open chain is held')
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  })
})
