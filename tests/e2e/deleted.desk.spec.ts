import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { alertOf, expect, expectAccessible, findings, openAlert, test } from './desk-steps.ts'

/** Posts about everything but what says that it is trusted: an event that is gone must not pass for one that does not. */
const POSTS = findings(`package action

run contains {
	"id": "post",
	"uses": "http.fetch",
	"args": {"method": "POST", "url": concat("", [input.env.REMOTE, "/post"])},
} if {
	not input.alert.data.trusted
}

run contains {
	"id": "look",
	"uses": "http.fetch",
	"args": {"method": "GET", "url": concat("", [input.env.REMOTE, "/look"])},
}
`)

/** What retention does to a folder that lay for a hundred days. */
async function age(dataDir: string): Promise<void> {
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'age-child.ts'), dataDir])
}

test('[S22] a re-run of an event that age has deleted says so and calls nobody', async ({ openOn }) => {
  const remote = await FakeRemote.start()
  const env = { REMOTE: remote.url, TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_MODE: 'policy' }
  const first = await openOn(POSTS, { env })
  const id = await alertOf(first.ready, 'finding', { title: 'Trusted once', trusted: true })
  await expect(first.page.getByText('Trusted once').first()).toBeVisible()
  await expect((await openAlert(first.page, id)).getByRole('article', { name: 'look' })).toContainText('Succeeded')
  await first.stop()
  await age(first.dataDir)

  const desk = await openOn(POSTS, { dataDir: first.dataDir, env })
  const { page } = desk
  await expect(page.getByText('Trusted once').first()).toBeVisible()
  const alert = await openAlert(page, id)
  await expect(alert.getByText('Its event was deleted by its age')).toBeVisible()
  await alert.getByRole('button', { name: 'Re-run…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Re-run' })
  await expect(dialog.getByRole('alert')).toContainText('The event was deleted by its age')
  await expect(dialog.getByRole('alert')).toContainText('what is in force undone')
  await expect(dialog.getByRole('button', { name: 'Re-run', exact: true })).toBeDisabled()
  await expectAccessible(desk, 'a re-run that is not possible')
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(alert.getByText('Trusted once').first()).toBeVisible()
  expect(['/post', '/look'].map((path) => remote.count(path))).toEqual([0, 1])
  await remote.close()
})
