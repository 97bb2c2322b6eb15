import { AxeBuilder } from '@axe-core/playwright'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from '@playwright/test'
import { expect, test as deskTest, type Desk, type DeskOptions, type Ready } from './real-desk.ts'

const COMMAND = resolve(import.meta.dirname, '../../bin/tocsin.js')
const IMAGES = resolve(import.meta.dirname, '../../docs/images')

interface Fixtures {
  /** A folder of this test alone: its data folder, its files. */
  folder: string
  /** Opens a desk on a workspace of these files, with the test's own folder as the user's home. */
  openOn: (policies: Record<string, string>, options?: DeskOptions) => Promise<Desk>
}

/** `real-desk.ts` with folders of the test's own. */
export const test = deskTest.extend<Fixtures>({
  folder: async ({ host: _host }, provide) => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-e2e-'))
    await provide(folder)
    await rm(folder, { recursive: true, force: true })
  },
  openOn: async ({ folder, openDesk }, provide) => {
    await provide(async (policies, { dataDir = join(folder, 'data'), env = {} } = {}) => {
      await writePolicies(dataDir, policies)
      return openDesk({ dataDir, env: { HOME: folder, ...env } })
    })
  },
})

export { expect }

const FINDING_POLICY = `package alert.finding

alert contains {
	"title": input.title,
	"source": "spec",
	"severity": "high",
	"attrs": [{"key": "path", "value": object.get(input, "path", ""), "type": "file.path"}],
}
`

/** A workspace that makes an alert of every event of schema `finding`. @param action package `action` */
export function findings(action: string): Record<string, string> {
  return { 'alert/finding.rego': FINDING_POLICY, 'action/main.rego': action }
}

/** Puts files into the workspace of a data folder. */
export async function writePolicies(dataDir: string, policies: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(policies)) {
    const file = join(dataDir, 'workspace', path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

/** Posts an event as a detector would. @returns the receiver's answer */
export function post(ready: Ready, schema: string, event: object): Promise<{ status: number; text: string }> {
  const body = JSON.stringify(event)
  return new Promise((done, fail) => {
    const call = request(`${ready.receiver}/alert/raw/${schema}`, { method: 'POST' }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => done({ status: response.statusCode ?? 0, text }))
    })
    call.on('error', fail)
    call.end(body)
  })
}

/** Posts an event that becomes one alert. @returns the alert's id */
export async function alertOf(ready: Ready, schema: string, event: object): Promise<string> {
  const { status, text } = await post(ready, schema, event)
  expect([status, text]).toEqual([200, expect.stringContaining('"alerts":[{')])
  return (JSON.parse(text) as { alerts: { id: string }[] }).alerts[0]?.id ?? ''
}

export async function go(page: Page, place: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: place }).click()
}

/** Opens an alert by its address, as a notification does. @returns its pane */
export async function openAlert(page: Page, alertId: string): Promise<Locator> {
  await page.evaluate((hash) => {
    window.location.hash = hash
  }, `#/inbox/${alertId}`)
  return page.getByRole('region', { name: 'Alert', exact: true })
}

export function cardOf(scope: Page | Locator, uses: string): Locator {
  return scope.getByRole('group', { name: `Approval: ${uses}` })
}

/** Decides as the keyboard does: `a` goes to the button, Ctrl+Enter presses it. */
export async function approveByKeys(page: Page, button: RegExp): Promise<void> {
  await expect(page.getByRole('button', { name: button })).toBeEnabled()
  await page.keyboard.press('a')
  await expect(page.getByRole('button', { name: button })).toBeFocused()
  await page.keyboard.press('Control+Enter')
}

/** Fills a dialog's reason and presses its act. */
export async function giveReason(page: Page, reason: string, act: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill(reason)
  await dialog.getByRole('button', { name: act, exact: true }).click()
  await expect(dialog).toBeHidden()
}

/** No violation of accessibility on what the page shows. */
export async function expectAccessible({ page, app }: Desk, where: string): Promise<void> {
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
  // Electron has no blank page for axe's second half.
  const { violations } = await new AxeBuilder({ page })
    .options({ rules: { 'label-content-name-mismatch': { enabled: true } } })
    .setLegacyMode(app !== null)
    .analyze()
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)
  expect(found, where).toEqual([])
}

/** The README's pictures, in both themes; taken only when asked for, so that a test run changes no file. */
export async function picture({ page, app }: Desk, name: string): Promise<void> {
  if (process.env['TOCSIN_SCREENSHOTS'] !== '1' || app !== null) return
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.mouse.move(0, 0)
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: join(IMAGES, `${name}-${colorScheme}.png`), animations: 'disabled' })
  }
}

/** `tocsin desk` on a running folder prints a fresh link. */
export async function secondWindow(context: { newPage(): Promise<Page> }, dataDir: string): Promise<Page> {
  const args = [COMMAND, 'desk', '--host', 'browser', '--no-open', '--data', dataDir]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 })
  const page = await context.newPage()
  await page.goto((JSON.parse(stdout) as Ready).desk ?? '')
  await expect(page.getByRole('navigation', { name: 'Places' })).toBeVisible()
  return page
}
