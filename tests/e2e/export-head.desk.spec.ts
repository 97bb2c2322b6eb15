import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { alertOf, expect, expectAccessible, findings, go, test } from './desk-steps.ts'

const NOTHING = findings('package action\n\nrun := []\n')
const COMMAND = join(import.meta.dirname, '../../bin/tocsin.js')

test('[S26] the head of the trail is exported to a file of the analyst’s choice, and the trail is compared with it', async ({
  openOn,
  folder,
}) => {
  const desk = await openOn(NOTHING)
  const { page } = desk
  await alertOf(desk.ready, 'finding', { title: 'First' })
  await go(page, 'Settings')
  await page.getByRole('button', { name: 'Export head…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export head' })
  const file = dialog.getByLabel('File')
  await expect(file).toBeFocused()
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toContainText('Give the path of a file.')
  await file.fill(join(desk.dataDir, 'head.json'))
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toContainText('This is in the data folder')
  await expectAccessible(desk, 'a head that cannot be written there')
  const path = join(folder, 'head.json')
  await file.fill(path)
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toHaveCount(0)
  const { seq } = JSON.parse(readFileSync(path, 'utf8')) as { seq: number }
  await expect(page.getByText(`Row ${seq.toLocaleString('en-US')} in`)).toContainText(path)
  await expectAccessible(desk, 'an exported head')
  const verify = [COMMAND, 'audit', 'verify', '--data', desk.dataDir, '--head', path]
  const { stdout } = await promisify(execFile)(process.execPath, verify)
  expect(JSON.parse(stdout)).toMatchObject({ isIntact: true })
})
