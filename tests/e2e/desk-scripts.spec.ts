import { expect, test } from './desk-fixture.ts'
import { expectNoViolation } from './no-violation.ts'

test.use({ startAt: '/settings/scripts' })

test('scripts are shown whole before they are trusted, and trust is withdrawn', async ({ desk }) => {
  const { page, fake } = desk
  const table = page.getByRole('table', { name: 'Scripts' })
  await expect(table.getByRole('row')).toHaveCount(4)
  await expect(table).toContainText('Changed since it was trusted')
  await expectNoViolation(page, 'the scripts')
  await page.getByRole('button', { name: 'Trust actions/unbound.py…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Trust actions/unbound.py' })
  await expect(dialog).toContainText('2'.repeat(64))
  await expect(dialog).toContainText('PATH=/usr/bin:/bin')
  const source = dialog.getByRole('region', { name: 'actions/unbound.py' })
  await expect(source).toContainText('print(59)')
  await expectNoViolation(page, 'the script that is to be trusted')
  await dialog.getByRole('button', { name: 'Trust', exact: true }).click()
  await expect(dialog).toBeHidden()
  expect(fake.calls).toContainEqual({ name: 'scripts.trust', arg: { fingerprint: 'b'.repeat(64) } })
  await page.getByRole('button', { name: 'Withdraw trust in actions/unbound.py…' }).click()
  await page.getByRole('button', { name: 'Withdraw', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Trust actions/unbound.py…' })).toBeVisible()
})

test('a script that became another one while it was looked at cannot be trusted any more', async ({ desk }) => {
  const { page, fake } = desk
  await page.getByRole('button', { name: 'Trust actions/page-duty.sh…' }).click()
  fake.scripts = fake.scripts.map((row) => (row.trust === 'none' ? { ...row, fingerprint: 'd'.repeat(64) } : row))
  fake.changed(['settings'])
  const dialog = page.getByRole('dialog', { name: 'Trust actions/page-duty.sh' })
  await expect(dialog).toContainText('The script is another one by now')
  await expect(dialog.getByRole('button', { name: 'Trust', exact: true })).toBeHidden()
})
