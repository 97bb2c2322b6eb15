import { alertOf, expect, expectAccessible, findings, openAlert, test } from './desk-steps.ts'

const POLICY = findings(`package action

run contains {"id": "note", "uses": ""} if input.seq == 0
`)

test('chains that were held when Tocsin ended are asked about when it is there again', async ({ openOn }) => {
  const off = await openOn(POLICY, { env: { TOCSIN_MODE: 'off' } })
  const alerts = [
    await alertOf(off.ready, 'finding', { title: 'One' }),
    await alertOf(off.ready, 'finding', { title: 'Two' }),
  ]
  await expect(off.page.getByText('2 chains held.')).toBeVisible()
  await off.stop('SIGKILL')

  const desk = await openOn(POLICY, { dataDir: off.dataDir })
  const { page } = desk
  const dialog = page.getByRole('dialog', { name: '2 chains held' })
  await expect(dialog.getByRole('radio', { name: 'Run' })).toBeFocused()
  await expectAccessible(desk, 'the question about held chains')
  await page.keyboard.press('Escape')
  const pane = await openAlert(page, alerts[0] ?? '')
  await expect(pane.getByText('Queued').first()).toBeVisible()
  await page.getByRole('button', { name: 'Run or close…' }).press('Enter')
  await expect(dialog.getByRole('button', { name: 'Run 2 chains' })).toBeVisible()
  // Its keys count once the focus is in it.
  await expect(dialog.getByRole('radio', { name: 'Run' })).toBeFocused()
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toHaveCount(0)
  await expect(pane.getByRole('article', { name: 'note' })).toContainText('Succeeded')
  await expect(page.getByRole('button', { name: 'Run or close…' })).toHaveCount(0)
})
