import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { approveByKeys, cardOf, expect, expectAccessible, go, picture, test as deskTest } from './desk-steps.ts'
import type { Desk } from './real-desk.ts'

const isForReadme = process.env['TOCSIN_SCREENSHOTS'] === '1'
const RECEIVER = isForReadme ? { TOCSIN_ADDR: '127.0.0.1:8080' } : {}
const OLD = new Date('2026-01-02T03:04:05.678Z')

const test = deskTest.extend<{ home: string }>({
  home: async ({ hostCheck: _hostCheck }, provide) => {
    const home = await mkdtemp(join(tmpdir(), 'ann-'))
    await provide(home)
    await rm(home, { recursive: true, force: true })
  },
})

/** The README's tour: a sample alert, a decision, a file in quarantine, a power cut, and the file back where it was. */
test('leads from the first alert to a file in quarantine and back', async ({ openDesk, home }) => {
  test.setTimeout(120_000)
  const options = { dataDir: join(home, '.local', 'share', 'tocsin'), env: { HOME: home, ...RECEIVER } }
  const first = await openDesk(options)
  await sendSample(first)
  const file = await sampleFile(home)
  const before = await readOver(file)

  await seeWaiting(first, file)
  await approve(first)
  await expect.poll(() => stat(file).catch(() => null)).toBeNull()
  await seeSucceeded(first)
  const kept = await quarantined(options.dataDir)
  expect(kept.mode & 0o777).toBe(0o600)
  expect(kept.bytes).toEqual(before.bytes)

  await first.stop('SIGKILL')
  const second = await openDesk(options)
  await undo(second)
  await expect.poll(() => stat(file).catch(() => null)).not.toBeNull()
  await expect(second.page.getByText('Nothing waits for you')).toBeVisible()
  const after = await stat(file, { bigint: true })
  expect([after.mode, after.mtimeNs, after.atimeNs]).toEqual([before.mode, before.mtimeNs, before.atimeNs])
  expect(await readFile(file)).toEqual(before.bytes)
  await go(second.page, 'Active containments')
  await expect(second.page.getByText('Nothing is cut off')).toBeVisible()
})

async function sendSample(desk: Desk): Promise<void> {
  const { page } = desk
  await expect(page.getByRole('heading', { name: 'The first five minutes' })).toBeVisible()
  await expectAccessible(desk, 'first run')
  await picture(desk, 'first-run')
  await acceptKeyFile(page)
  await page.getByRole('button', { name: 'Send a sample alert' }).click()
  const alert = page.getByRole('region', { name: 'Alert', exact: true })
  await expect(alert.getByRole('heading', { name: /^Win\.Test\.EICAR_HDB-1 in eicar-/ })).toBeVisible()
  await expect(cardOf(alert, 'file.quarantine')).toBeVisible()
  await expectAccessible(desk, 'alert')
}

/** Where no keychain is used, the desk says so until that is read. */
async function acceptKeyFile(page: Page): Promise<void> {
  const understood = page.getByRole('button', { name: 'Understood' })
  if (await understood.isVisible()) await understood.click()
}

async function sampleFile(home: string): Promise<string> {
  const folder = join(home, 'tocsin-sample')
  return join(folder, (await readdir(folder))[0] ?? '')
}

interface Known {
  bytes: Buffer
  mode: bigint
  mtimeNs: bigint
  atimeNs: bigint
}

/** Gives the file a mode and times of its own, so that coming back with them means something. */
async function readOver(file: string): Promise<Known> {
  const bytes = await readFile(file)
  await chmod(file, 0o640)
  await utimes(file, OLD, OLD)
  const { mode, mtimeNs, atimeNs } = await stat(file, { bigint: true })
  return { bytes, mode, mtimeNs, atimeNs }
}

/** Everything that a decision needs is on the card. */
async function seeWaiting(desk: Desk, file: string): Promise<void> {
  const { page } = desk
  await go(page, 'Waiting for you')
  await expect(
    page.getByRole('grid', { name: 'Decisions' }).getByRole('row', { name: /^Quarantine eicar-/ }),
  ).toBeVisible()
  const card = cardOf(page, 'file.quarantine')
  await expect(card.getByText('The file is moved into the quarantine folder')).toBeVisible()
  await expect(card.getByRole('button', { name: /^action\/main\.rego:\d/ })).toBeVisible()
  const lines = card.getByRole('region', { name: 'Lines of the rule' })
  await expect(lines).toBeHidden()
  await page.keyboard.press('w')
  await expect(lines).toContainText('input.alert.schema == "clamav"')
  await expect(lines.locator('.val').first()).toBeVisible()
  // Folded again, they leave the room to what is decided upon.
  await page.keyboard.press('w')
  await expect(lines).toBeHidden()
  await expect(card.getByText(file).first()).toBeVisible()
  await expect(card.getByText('SHA-256', { exact: true })).toBeVisible()
  await expect(card.getByText('68 bytes')).toBeVisible()
  await expect(card.getByText('Puts the file back with its mode, owner and times.')).toBeVisible()
  await expect(card.getByText(/^expires in 2[34] h/)).toBeVisible()
  await expectAccessible(desk, 'waiting')
  await picture(desk, 'waiting')
}

/** Enter alone is too easily pressed: it says what would do, and does nothing. */
async function approve({ page }: Desk): Promise<void> {
  await page.keyboard.press('a')
  await expect(page.getByRole('button', { name: /^Approve: Quarantine eicar-/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByText('Ctrl or ⌘ with Enter approves')).toBeVisible()
  await approveByKeys(page, /^Approve: Quarantine eicar-/)
}

async function seeSucceeded(desk: Desk): Promise<void> {
  const { page } = desk
  await go(page, 'Inbox')
  await page
    .getByRole('grid', { name: 'Inbox' })
    .getByRole('row', { name: /^Win\.Test\.EICAR_HDB-1 in eicar-/ })
    .click()
  const step = page.getByRole('article', { name: 'quarantine' })
  await expect(step.getByText('Succeeded')).toBeVisible()
  await step.getByRole('button', { name: /^quarantine/ }).click()
  await expect(step.getByText('quarantine_id')).toBeVisible()
  await expectAccessible(desk, 'succeeded')
  await picture(desk, 'succeeded')
}

async function quarantined(dataDir: string): Promise<{ bytes: Buffer; mode: number }> {
  const folder = join(dataDir, 'quarantine')
  const [id, ...more] = await readdir(folder)
  expect(more).toEqual([])
  const file = join(folder, id ?? '', 'file')
  return { bytes: await readFile(file), mode: (await stat(file)).mode }
}

async function undo(desk: Desk): Promise<void> {
  const { page } = desk
  await acceptKeyFile(page)
  await go(page, 'Active containments')
  const row = page.getByRole('table', { name: 'Active containments' }).getByRole('row', { name: /Quarantine eicar-/ })
  await expect(row.getByText('In force')).toBeVisible()
  await expectAccessible(desk, 'containments')
  await picture(desk, 'containments')
  await row.getByRole('button', { name: /^Undo: / }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Propose undo' }).click()
  await expect(cardOf(page, 'file.restore')).toBeVisible()
  await approveByKeys(page, /^Approve: /)
}
