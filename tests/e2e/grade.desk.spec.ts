import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { alertOf, expect, go, test } from './desk-steps.ts'

const ALERT = `package alert.drop

alert contains {
	"title": "Dropped file calls home",
	"source": "sensor",
	"severity": "high",
	"detector": "sensor",
	"rule_id": "drop.calls-home",
	"alert_key": input.host,
	"attrs": [
		{"key": "host", "value": input.host, "type": "host"},
		{"key": "remote", "value": input.remote, "type": "ipv4"},
		{"key": "path", "value": input.path, "type": "file.path"},
	],
}
`

/** What a scanner would say, known to the policy itself; and what the desk knows. */
const INSPECT = `package inspect

inspect contains {"uses": "history", "args": {"type": "ipaddr", "value": input.attribute.value}} if {
	input.attribute.type == "ipaddr"
}

inspect contains {
	"summary": "Calls of a dropper, named by two scanners",
	"findings": [{"type": "host", "content": {
		"ipaddr": [input.attribute.value],
		"country": ["DE"],
		"as_owner": ["AS64500 Example Hosting"],
		"related_domains": [{"name": "c2.example.com", "source": "passive DNS"}],
		"related_malware": [{"sha256": digest, "relation": "calls it", "scans": [
			{"vendor": "ClamAV", "name": "Win.Test.EICAR_HDB-1", "positive": true},
			{"vendor": "Sophos", "name": "EICAR-AV-Test", "positive": true},
		]}],
	}}],
	"attributes": [{"type": "domain", "key": "remote", "value": "c2.example.com"}],
} if {
	input.attribute.type == "ipaddr"
}

digest := "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
`

const REVIEW = `package review

severity := "urgent" if {
	some section in input.report.sections
	some host in section.hosts
	count(host.related_malware) > 0
} else := "unclassified"

reason := "A file that was just dropped calls an address that two scanners name"
`

const EMIT = `package emit

run contains {
	"id": "quarantine",
	"uses": "file.quarantine",
	"args": {"path": attr.value},
} if {
	input.report.status == "published"
	input.report.result.severity == "urgent"
	some attr in input.report.attributes
	attr.key == "path"
}
`

const POLICIES = {
  'alert/drop.rego': ALERT,
  'action/main.rego': 'package action\n',
  'inspect/main.rego': INSPECT,
  'review/main.rego': REVIEW,
  'emit/main.rego': EMIT,
}

test('the analyst’s grade stands above the policy’s, after a restart too', async ({ openOn, folder }) => {
  const options = { dataDir: join(folder, 'data') }
  const path = join(folder, 'invoice.exe')
  await writeFile(path, 'not a real one')
  const first = await openOn(POLICIES, options)
  await alertOf(first.ready, 'drop', { host: 'files-02', remote: '198.51.100.23', path })
  await go(first.page, 'Reports')
  const grid = first.page.getByRole('grid', { name: 'Reports' })
  await expect(grid.getByRole('row').first()).toHaveAccessibleName(/urgent, graded by policy/)
  // What waits is told in the list, although only its chain changed.
  await expect(grid.getByRole('row').first()).toHaveAccessibleName(/1 waiting$/)
  await grid.getByRole('row').first().click()
  const open = first.page.getByRole('region', { name: 'Report', exact: true })
  await expect(open.getByRole('article', { name: 'c2.example.com' })).toContainText('brought up by policy')
  await first.page.keyboard.press('o')
  const dialog = first.page.getByRole('dialog', { name: 'Override the grade' })
  await dialog.getByRole('radio', { name: 'Safe' }).check()
  await dialog.getByLabel('Reason').fill('A drill')
  await dialog.getByRole('button', { name: 'Override grade' }).click()
  await expect(dialog).toBeHidden()
  await first.stop('SIGKILL')

  const second = await openOn({}, options)
  await go(second.page, 'Reports')
  const row = second.page.getByRole('grid', { name: 'Reports' }).getByRole('row').first()
  await expect(row).toHaveAccessibleName(/safe, graded by you/)
  await row.click()
  const report = second.page.getByRole('region', { name: 'Report', exact: true })
  await report.getByRole('button', { name: 'Review now' }).click()
  const history = report.getByRole('region', { name: 'Review history' })
  await expect(history.getByRole('listitem').first()).toContainText(/urgent.*policy/)
  await expect(report.locator('.ahead')).toContainText(/safe.*by you/)
  await expect(report.locator('.ahead')).toContainText(/Your reason.*A drill.*Policy.*urgent/)
})
