import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, expectAccessible, go, post, test } from './desk-steps.ts'

/** Two firing alerts of one name on two hosts, as Alertmanager posts them (without what the recipe does not read). */
const TWO_HOSTS = {
  alerts: ['h1', 'h2'].map((instance) => ({
    status: 'firing',
    labels: { alertname: 'DiskFull', instance, severity: instance === 'h1' ? 'critical' : 'warning' },
    annotations: {},
  })),
}

/** The policy that docs/FORWARDING.md gives for Alertmanager. */
async function recipe(): Promise<string> {
  const text = await readFile(join(resolve(import.meta.dirname, '../..'), 'docs/FORWARDING.md'), 'utf8')
  const [, policy = ''] = /## Prometheus Alertmanager[\s\S]*?```rego\n([\s\S]*?)```/.exec(text) ?? []
  return policy
}

test('five equal alerts of two hosts are two rows, opened one by one and closed together', async ({ openOn }) => {
  const desk = await openOn({ 'alert/alertmanager.rego': await recipe(), 'action/main.rego': 'package action\n' })
  const { page, ready } = desk
  for (let time = 0; time < 5; time += 1)
    expect(await post(ready, 'alertmanager', TWO_HOSTS)).toMatchObject({ status: 200 })
  await go(page, 'Inbox')
  const grid = page.getByRole('grid', { name: 'Inbox' })
  const rows = grid.getByRole('row', { name: /^DiskFull/ })
  await expect(rows).toHaveCount(2)
  const [h1, h2] = [rows.filter({ hasText: 'h1' }), rows.filter({ hasText: 'h2' })]
  await expect(h1).toHaveAccessibleName(/5 occurrences/)
  await expect(h2).toHaveAccessibleName(/5 occurrences/)
  await expect(page.getByText('2 rows open')).toBeVisible()
  await expect(page.getByRole('checkbox', { name: 'New', exact: true }).locator('..')).toContainText('2')

  await h1.click()
  const alert = page.getByRole('region', { name: 'Alert', exact: true })
  const inside = alert.getByRole('region', { name: 'Occurrences' })
  await expect(inside.getByRole('listitem')).toHaveCount(5)
  await expectAccessible(desk, 'an alert with occurrences')
  const newest = new URL(page.url()).hash
  await inside.getByRole('button').last().click()
  await expect.poll(() => new URL(page.url()).hash).not.toBe(newest)
  await expect(inside.getByRole('button').last()).toHaveAttribute('aria-current', 'true')
  await expect(h1).toHaveAttribute('aria-selected', 'true')

  // From the oldest of them all five are closed, and come back.
  await page.keyboard.press('e')
  await page.keyboard.press('b')
  await expect(page.getByText('Closed as benign, 5 alerts')).toBeVisible()
  await expect(page.getByText('1 row open')).toBeVisible()
  await page.getByRole('button', { name: 'Undo', exact: true }).click()
  await expect(page.getByText('2 rows open')).toBeVisible()
  await expect(h1).not.toHaveAccessibleName(/Closed/)

  // A further one of a closed row opens it again.
  await h1.click()
  await page.keyboard.press('e')
  await page.keyboard.press('b')
  await expect(page.getByText('1 row open')).toBeVisible()
  await post(ready, 'alertmanager', TWO_HOSTS)
  await expect(page.getByText('2 rows open')).toBeVisible()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '2 rows with new alerts' }).click()
  await expect(rows).toHaveCount(2)
  await expect(h1).toHaveAccessibleName(/6 occurrences/)
})
