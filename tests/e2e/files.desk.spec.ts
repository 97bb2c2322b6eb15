import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alertOf, cardOf, expect, findings, go, test } from './desk-steps.ts'

const COUNT = 30

const QUARANTINE = `package action

run contains {
	"id": "all",
	"uses": "file.quarantine",
	"args": {"files": [{"path": path} | some path in split(input.alert.title, "|")]},
}
`

test('thirty files are one card that lists each with size and hash, and one restore', async ({ openOn }) => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-several-'))
  const paths = Array.from({ length: COUNT }, (_, no) => join(folder, `f${no}`))
  for (const path of paths) writeFileSync(path, path)
  try {
    const desk = await openOn(findings(QUARANTINE))
    await alertOf(desk.ready, 'finding', { title: paths.join('|') })
    const { page } = desk
    await go(page, 'Waiting for you')
    const card = cardOf(page, 'file.quarantine')
    await expect(card).toContainText(`Quarantine f0 and ${COUNT - 1} more files`)
    for (const path of paths) await expect(card.getByText(`${path} (`, { exact: false }).first()).toBeAttached()
    await card.getByRole('button', { name: /^Approve: Quarantine f0/ }).click()
    await expect.poll(() => paths.filter((path) => existsSync(path))).toEqual([])
    await go(page, 'Active containments')
    await page.getByRole('button', { name: /^Undo: Restore f0/ }).click()
    await page
      .getByRole('dialog', { name: /^Restore f0/ })
      .getByRole('button', { name: 'Propose undo' })
      .click()
    await go(page, 'Waiting for you')
    const back = cardOf(page, 'file.restore')
    await back.getByRole('button', { name: /^Approve: Restore f0/ }).click()
    await expect.poll(() => paths.filter((path) => !existsSync(path))).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
