import { expect, test } from './desk-fixture.ts'

test('GraphQL is switched on, and its token is shown once', async ({ desk }) => {
  const { page, fake } = desk
  await page.getByRole('link', { name: 'Settings' }).click()
  const graphql = page.getByRole('switch', { name: 'GraphQL' })
  await expect(graphql).not.toBeChecked()
  await graphql.click()
  await expect(graphql).toBeChecked()
  expect(fake.settings['read.graphql']).toBe(true)
  await expect(page.getByText('There is none yet.')).toBeVisible()
  await page.getByRole('button', { name: 'New read token…' }).click()
  await page.getByRole('dialog', { name: 'New read token' }).getByRole('button', { name: 'Make token' }).click()
  const shown = page.getByRole('dialog', { name: 'The read token' })
  await expect(shown).toContainText('Authorization: Bearer tsr_0123456789abcdef')
  await expect(shown).toContainText('/graphql')
  await shown.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByText('tsr_0123456789abcdef')).toHaveCount(0)
  await expect(page.getByText('There is one. A new one ends it.')).toBeVisible()
})

test('refused requests are listed with reason, origin and time, also while no source has a token', async ({ desk }) => {
  const { page, fake } = desk
  fake.sources = []
  await page.getByRole('link', { name: 'Settings' }).click()
  await expect(page.getByText('Events are taken from any program on this computer.')).toBeVisible()
  const table = page.getByRole('table', { name: 'Refused requests' })
  await expect(table).toHaveCount(0)
  const at = Date.now() - 3 * 60_000
  fake.refused = [
    { source: '', code: 'host_not_allowed', remote: '127.0.0.1', count: 1204, firstAt: at, lastAt: at },
    { source: '', code: 'unauthorized', remote: 'proxy', count: 2, firstAt: at, lastAt: at },
  ]
  fake.changed(['sources'])
  await expect(table.getByRole('row')).toHaveCount(3)
  await expect(table.getByRole('row').nth(1)).toContainText('Sent to another name')
  await expect(table.getByRole('row').nth(1)).toContainText('1,204')
  await expect(table.getByRole('row').nth(2)).toContainText('a proxy')
  await expect(table.getByRole('row').nth(2)).toContainText('3 m')
})

test('a source is answered in the form that is chosen for it', async ({ desk }) => {
  const { page, fake } = desk
  await page.getByRole('link', { name: 'Settings' }).click()
  const form = page.getByRole('combobox', { name: 'Verification of clamav' })
  await expect(form).toHaveText('Off')
  await form.click()
  await page.getByRole('option', { name: 'Okta' }).click()
  await expect(form).toHaveText('Okta')
  expect(fake.sources[0]?.handshake).toBe('okta')
})
