import { FakeRemote } from '../fakes/fake-remote.ts'
import { OKTA_LOGIN, startFakeOkta } from '../fakes/fake-okta.ts'
import {
  alertOf,
  approveByKeys,
  cardOf,
  expect,
  expectAccessible,
  findings,
  openAlert,
  secondWindow,
  test,
} from './desk-steps.ts'

/** Clears sessions without asking, as far as the policy goes. */
const CLEAR = `package action

run contains {
	"id": "clear",
	"uses": "okta.clear_sessions",
	"args": {"base_url": input.env.OKTA, "secret_token": input.env.TOKEN, "user_id": input.alert.data.user},
	"approval": false,
} if input.seq == 0
`

/** Isolates every host of the event without asking, as far as the policy goes. */
const ISOLATE = `package action

run contains {
	"id": host,
	"uses": "http.fetch",
	"args": {"method": "POST", "url": concat("", [input.env.REMOTE, "/isolate"]), "data": {"host": host}},
	"effect": "contain",
	"approval": false,
} if {
	input.seq == 0
	some host in input.alert.data.hosts
}
`

test('[S46] what cannot be taken back waits under any mode, and is approved by typing its target', async ({
  openOn,
  context,
}) => {
  const okta = await startFakeOkta('the-token-of-okta')
  const env = {
    OKTA: okta.remote.url,
    TOKEN: 'the-token-of-okta',
    TOCSIN_ENV: 'OKTA:plain,TOKEN',
    TOCSIN_NET_ALLOW: '127.0.0.1',
    TOCSIN_MODE: 'policy',
  }
  const desk = await openOn(findings(CLEAR), { env })
  const { page, ready, dataDir, app } = desk
  const alertId = await alertOf(ready, 'finding', { title: 'Odd log-in', user: OKTA_LOGIN })
  const pane = await openAlert(page, alertId)
  await expect(cardOf(pane, 'okta.clear_sessions').getByText('Irreversible')).toBeVisible()
  const name = `Clear all sessions of ${OKTA_LOGIN} in Okta`
  const dialog = page.getByRole('dialog', { name: `Confirm: ${name}` })
  const field = dialog.getByLabel('Type the target to confirm')
  await approveByKeys(page, new RegExp(`^Approve: ${name}$`))
  // Out of sight it is brought into sight first: the second press is of what was read.
  if ((await dialog.count()) === 0) await approveByKeys(page, new RegExp(`^Approve: ${name}$`))
  await expect(field).toBeFocused()
  await expectAccessible(desk, 'the dialog')
  if (app === null) {
    const other = await secondWindow(context, dataDir)
    const there = await openAlert(other, alertId)
    await expect(cardOf(there, 'okta.clear_sessions').getByText('Irreversible')).toBeVisible()
    await other.close()
  }
  await field.fill('jane.d0e@example.com')
  await page.keyboard.press('Control+Enter')
  await expect(dialog.getByRole('alert').filter({ hasText: 'not the target' })).toBeVisible()
  expect(okta.changes()).toEqual([])
  await field.fill(OKTA_LOGIN)
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toBeHidden()
  const step = pane.getByRole('article', { name: 'clear', exact: true })
  await expect(step.getByText('Succeeded')).toBeVisible()
  await expect(step.getByText('Irreversible')).toBeVisible()
  expect(okta.changes()).toEqual(['clear with oauthTokens=true'])
  await okta.remote.close()
})

test('[S44] [S45] limits hold what a policy lets go: one chain’s sixth host waits, a protected one fails', async ({
  openOn,
}) => {
  const remote = await FakeRemote.start()
  const env = {
    REMOTE: remote.url,
    TOCSIN_ENV: 'REMOTE:plain',
    TOCSIN_NET_ALLOW: '127.0.0.1',
    TOCSIN_MODE: 'policy',
  }
  const { page, ready } = await openOn(findings(ISOLATE), { env })
  await page.evaluate(() => {
    window.location.hash = '#/settings/response'
  })
  const listed = page.getByLabel('Protected targets')
  await listed.fill('dc1.corp.example.com')
  await page.getByLabel('One chain may contain without asking').click()
  await expect(page.getByText('Saved').first()).toBeVisible()
  const hosts = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `web-${letter}`)
  const alertId = await alertOf(ready, 'finding', { title: 'A worm', hosts })
  const pane = await openAlert(page, alertId)
  await expect(cardOf(pane, 'http.fetch')).toContainText('this chain contains 5 of the 5 targets')
  const isolated = hosts.slice(0, 5).map((host) => JSON.stringify({ host }))
  await expect.poll(() => remote.calls.map(({ body }) => body)).toEqual(isolated)
  const barred = await alertOf(ready, 'finding', { title: 'A spoof', hosts: ['DC1.corp.example.com.'] })
  const other = await openAlert(page, barred)
  await expect(other.getByRole('article', { name: /DC1/ })).toContainText('is protected by dc1.corp.example.com')
  expect(remote.calls).toHaveLength(5)
  await remote.close()
})
