import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { alertOf, approveByKeys, cardOf, expect, expectAccessible, go, picture, test } from './desk-steps.ts'

const ALERT = `package alert.av

alert contains {
	"title": "Malware found",
	"detector": "av",
	"rule_id": "malware",
	"alert_key": input.host,
	"source": "spec",
	"attrs": [
		{"key": "from", "value": input.from, "type": "ipaddr"},
		{"key": "path", "value": input.path, "type": "file.path"},
	],
}
`

/** Asks the service about addresses. */
const INSPECT = `package inspect

inspect contains {
	"uses": "http.fetch",
	"args": {"method": "GET", "url": concat("", [input.env.REMOTE, "/ip/", input.attribute.value])},
} if input.attribute.type == "ipaddr"
`

const REVIEW = `package review

default severity := "unclassified"

severity := "urgent" if {
	some section in input.report.sections
	some host in section.hosts
	count(host.related_malware) > 0
}

reason := sprintf("%d alerts", [input.report.alert_count])
`

/** What is urgent has its file put away, once the analyst says so. */
const EMIT = `package emit

run contains {"id": "put-away", "uses": "file.quarantine", "args": {"path": path}} if {
	input.seq == 0
	input.report.result.severity == "urgent"
	some attribute in input.report.attributes
	attribute.key == "path"
	path := attribute.value
}
`

const POLICIES = {
  'alert/av.rego': ALERT,
  'inspect/main.rego': INSPECT,
  'review/main.rego': REVIEW,
  'emit/main.rego': EMIT,
}

const FOUND = {
  summary: 'Distributes malware',
  findings: [{ type: 'host', content: { country: ['NL'], related_malware: [{ sha256: 'ab'.repeat(32) }] } }],
  attributes: [{ type: 'domain', key: 'name', value: 'evil.example' }],
}

function report(page: Page): Locator {
  return page.getByRole('region', { name: 'Report', exact: true })
}

test('three alerts of one cause become one report, graded urgent, whose emitter asks to put the file away', async ({
  openOn,
  folder,
}) => {
  test.setTimeout(90_000)
  const json = { 'content-type': 'application/json' }
  const remote = await FakeRemote.start({ service: () => ({ headers: json, body: JSON.stringify(FOUND) }) })
  const env = { REMOTE: remote.url, TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_MODE: 'policy' }
  const file = join(folder, 'invoice.exe')
  await writeFile(file, 'MZ')
  const desk = await openOn(POLICIES, { env })
  const { page, ready } = desk
  for (let no = 0; no < 3; no += 1) await alertOf(ready, 'av', { host: 'web-03', from: '203.0.113.9', path: file })

  await page.getByRole('button', { name: 'Understood' }).click()
  await go(page, 'Reports')
  const row = page.getByRole('grid', { name: 'Reports' }).getByRole('row', { name: /^Malware found/ })
  await expect(row).toHaveCount(1)
  await expect(row).toContainText('urgent')
  await row.click()
  await expect(report(page).getByRole('heading', { name: 'Malware found' })).toBeVisible()
  await expect(report(page).getByText('3 alerts').first()).toBeVisible()
  const entity = report(page).getByRole('article', { name: /203\.0\.113\.9/ })
  await expect(entity).toContainText('Distributes malware')
  await expect(report(page).getByRole('article', { name: /evil\.example/ })).toBeVisible()
  expect(remote.calls.filter(({ path }) => path === '/ip/203.0.113.9')).toHaveLength(1)
  await expectAccessible(desk, 'report')
  await picture(desk, 'report')

  await go(page, 'Waiting for you')
  await expect(cardOf(page, 'file.quarantine').first()).toBeVisible()
  await approveByKeys(page, /^Approve: Quarantine invoice\.exe/)
  await expect.poll(() => stat(file).catch(() => null)).toBeNull()

  await go(page, 'Reports')
  await row.click()
  await expect(report(page).getByText('Succeeded').first()).toBeVisible()
  await remote.close()
})
