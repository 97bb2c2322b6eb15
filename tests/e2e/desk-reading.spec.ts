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
