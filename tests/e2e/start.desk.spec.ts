import { expect, test } from './real-desk.ts'

test('opens on a fresh folder, receives, and ends in order', async ({ desk }) => {
  await expect(desk.page.getByRole('navigation', { name: 'Places' })).toBeVisible()
  const health = await desk.page.request.get(`${desk.ready.receiver}/health`)
  expect([health.status(), await health.text()]).toEqual([200, 'OK'])
  expect(await desk.stop('SIGTERM')).toBe(0)
})

test('[S18] keeps a second start off its data folder', async ({ desk, openDesk, host }) => {
  test.skip(host === 'electron', 'the second window is electron/shell.spec.ts')
  const second = await openDesk({ dataDir: desk.dataDir })
  // The browser host answers with a fresh link to the first one.
  expect(new URL(second.ready.desk ?? '').origin).toBe(new URL(desk.ready.desk ?? '').origin)
  expect(second.ready.data).toBe(desk.dataDir)
})

test('[S18] says that its port is taken, and opens all the same', async ({ desk, openDesk }) => {
  const address = new URL(desk.ready.receiver ?? '').host
  const second = await openDesk({ env: { TOCSIN_ADDR: address } })
  expect(second.ready.receiver).toBeNull()
  await expect(second.page.getByText(address.split(':')[1] ?? '').first()).toBeVisible()
})
