import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { messageOf, SLACK_WEBHOOK_PATH, startFakeSlack } from '../fakes/fake-slack.ts'
import {
  alertOf,
  approveByKeys,
  cardOf,
  expect,
  findings,
  giveReason,
  go,
  openAlert,
  secondWindow,
  test,
} from './desk-steps.ts'
import type { Ready } from './real-desk.ts'

/** Moves the file; says so when it has been moved. */
const MOVE_AND_TELL = `package action

run contains {
	"id": "quarantine",
	"uses": "file.quarantine",
	"args": {"path": input.alert.data.path},
	"approval": {"required": true, "reason": "A colleague's file.", "expires_in": "8h"},
}

run contains {
	"id": "tell",
	"uses": "slack.post",
	"args": {"secret_url": input.env.SLACK_WEBHOOK_URL, "channel": "alerts", "body": "The file was moved."},
} if {
	some action in input.called
	action.id == "quarantine"
}
`

/** Hands on what the event says, with a real secret beside it. */
const HAND_ON = `package action

run contains {
	"id": "send",
	"uses": "http.fetch",
	"args": {
		"method": "POST",
		"url": concat("", [input.env.REMOTE, "/note"]),
		"header": {"X-Key": input.env.CANARY},
		"data": input.alert.data.note,
	},
}
`

/** An effect that a remote can count, and that waits. */
const COUNTED = `package action

run contains {
	"id": "isolate",
	"uses": "http.fetch",
	"args": {"method": "POST", "url": concat("", [input.env.REMOTE, "/isolate"])},
	"effect": "contain",
}
`

async function suspect(folder: string, name: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `what ${name} holds`)
  return path
}

function findingOf(ready: Ready, path: string): Promise<string> {
  return alertOf(ready, 'finding', { title: `Finding in ${path.split('/').at(-1)}`, path })
}

test('tells nobody of a quarantine that was rejected', async ({ folder, openOn }) => {
  const slack = await startFakeSlack()
  const env = {
    SLACK_WEBHOOK_URL: slack.url + SLACK_WEBHOOK_PATH,
    TOCSIN_ENV: 'SLACK_WEBHOOK_URL',
    TOCSIN_NET_ALLOW: '127.0.0.1',
    TOCSIN_MODE: 'policy',
  }
  const { page, ready } = await openOn(findings(MOVE_AND_TELL), { env })
  const [rejected, approved] = [await suspect(folder, 'rejected.exe'), await suspect(folder, 'approved.exe')]

  const alert = await openAlert(page, await findingOf(ready, rejected))
  await cardOf(alert, 'file.quarantine').getByRole('button', { name: 'Reject…' }).click()
  await giveReason(page, 'It is the installer of the printer.', 'Reject action')
  await expect(alert.getByRole('article', { name: 'quarantine' })).toContainText('Rejected')
  await expect(alert.getByText('It is the installer of the printer.')).toBeVisible()
  await expect(alert.getByText(/proposed nothing, so the chain ended/)).toBeVisible()
  expect(slack.calls).toEqual([])
  expect(await readFile(rejected, 'utf8')).toBe('what rejected.exe holds')

  // The same policy does tell when the file was moved.
  await openAlert(page, await findingOf(ready, approved))
  await expect(alert.getByRole('heading', { name: 'Finding in approved.exe' })).toBeVisible()
  await approveByKeys(page, /^Approve: Quarantine approved\.exe/)
  await expect(alert.getByRole('article', { name: 'tell' })).toContainText('Succeeded')
  expect(slack.calls.map((call) => messageOf(call).channel)).toEqual(['alerts'])
  await slack.close()
})

test('[S10] sends a forged handle of a secret as the text that it is', async ({ openOn }) => {
  const remote = await FakeRemote.start()
  const env = {
    REMOTE: remote.url,
    CANARY: 'canary-0123456789',
    TOCSIN_ENV: 'REMOTE:plain,CANARY',
    TOCSIN_NET_ALLOW: '127.0.0.1',
    TOCSIN_MODE: 'policy',
  }
  const { page, ready } = await openOn(findings(HAND_ON), { env })
  const note = `give me secret:CANARY:${'a'.repeat(64)}`
  const alert = await openAlert(page, await alertOf(ready, 'finding', { title: 'Forged', note }))
  const step = alert.getByRole('article', { name: 'send' })
  await expect(step).toContainText('Succeeded')
  expect(remote.calls.map((call) => [call.body, call.headers['x-key']])).toEqual([[note, 'canary-0123456789']])
  await step.getByRole('button', { name: /^send/ }).click()
  await step.getByRole('tab', { name: 'Arguments' }).click()
  await expect(step.getByText('‹CANARY›')).toBeVisible()
  await expect(page.getByText('canary-0123456789')).toHaveCount(0)
  await remote.close()
})

test('[S23] asks again when the file changed after it was proposed', async ({ folder, openOn }) => {
  const { page, ready, dataDir } = await openOn(findings(MOVE_AND_TELL))
  const path = await suspect(folder, 'invoice.exe')
  const alert = await openAlert(page, await findingOf(ready, path))
  const card = cardOf(alert, 'file.quarantine')
  await expect(card.getByText("A colleague's file.", { exact: true })).toBeVisible()
  await expect(card.getByText(/^expires in (8 h|7 h 5\d m)/)).toBeVisible()
  await writeFile(path, 'something else now')
  // The desk looks again whenever something changes, so the card may say so before the answer does.
  const stale = card.getByText('Stale: this changed after it was proposed')
  const fresh = card.getByRole('button', { name: /^Approve: Quarantine invoice\.exe/ })
  await expect(async () => {
    if (!(await stale.isVisible())) await fresh.press('Control+Enter', { timeout: 2000 })
    await expect(stale).toBeVisible({ timeout: 3000 })
  }).toPass({ timeout: 20_000 })
  await expect(card.getByRole('listitem').filter({ hasText: 'sha256' })).toBeVisible()
  expect(await readFile(path, 'utf8')).toBe('something else now')
  await approveByKeys(page, /^Approve anyway: Quarantine invoice\.exe/)
  await expect(alert.getByRole('article', { name: 'quarantine' })).toContainText('Succeeded')
  const [id = ''] = await readdir(join(dataDir, 'quarantine'))
  expect(await readFile(join(dataDir, 'quarantine', id, 'file'), 'utf8')).toBe('something else now')
})

test('runs what the analyst changed, and keeps both versions', async ({ folder, openOn }) => {
  const { page, ready } = await openOn(findings(MOVE_AND_TELL))
  const [asked, meant] = [await suspect(folder, 'asked.exe'), await suspect(folder, 'meant.exe')]
  const alert = await openAlert(page, await findingOf(ready, asked))
  await cardOf(alert, 'file.quarantine').getByRole('button', { name: 'Edit…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('path', { exact: true }).fill(meant)
  await dialog.getByLabel('Why (optional)').fill('The scanner names the wrong one.')
  await dialog.getByRole('button', { name: 'Approve with changes' }).click()
  const step = alert.getByRole('article', { name: 'quarantine' })
  await expect(step).toContainText('Succeeded')
  await expect(step.getByText('The scanner names the wrong one.')).toBeVisible()
  await expect.poll(() => stat(meant).catch(() => null)).toBeNull()
  expect(await readFile(asked, 'utf8')).toBe('what asked.exe holds')
  await go(page, 'Active containments')
  await expect(page.getByRole('table', { name: 'Active containments' })).toContainText('meant.exe')
})

test('[S23] makes one attempt of two decisions at the same moment', async ({ openOn, context, host }) => {
  test.skip(host === 'electron', 'Electron has one window per data folder')
  const remote = await FakeRemote.start()
  const env = { REMOTE: remote.url, TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1' }
  const { page, ready, dataDir } = await openOn(findings(COUNTED), { env })
  const id = await alertOf(ready, 'finding', { title: 'Twice' })
  const pages = [page, await secondWindow(context, dataDir)]
  for (const each of pages) {
    await openAlert(each, id)
    await expect(cardOf(each, 'http.fetch')).toBeVisible()
    await each.keyboard.press('a')
    await expect(each.getByRole('button', { name: /^Approve: / })).toBeFocused()
  }
  await Promise.all(pages.map((each) => each.keyboard.press('Control+Enter')))
  for (const each of pages) {
    const step = each.getByRole('article', { name: 'isolate' })
    await expect(step).toContainText('Succeeded')
    await step.getByRole('button', { name: /^isolate/ }).click()
    await expect(step.getByRole('tab', { name: 'Attempts 1' })).toBeVisible()
  }
  expect(remote.count('/isolate')).toBe(1)
  await remote.close()
})
