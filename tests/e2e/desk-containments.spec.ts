import { mkdirSync } from 'node:fs'
import type { ContainmentRow } from '../../shared/model/containment.ts'
import { test, expect, type Desk } from './desk-fixture.ts'
import { expectNoViolation } from './no-violation.ts'

const HOUR = 3_600_000
const PICTURES = process.env['TOCSIN_PICTURES']

/** A host that was cut off and reads so. */
function row(no: number, more: Partial<ContainmentRow> = {}): ContainmentRow {
  return {
    attemptId: `attempt-${no}`,
    actionId: `action-${no}`,
    alertId: 'alert-40',
    reportId: null,
    alertTitle: 'Ransomware note on web-07',
    name: '',
    title: `Contain host web-${no} by CrowdStrike`,
    target: `web-${no}`,
    targetKey: `web-${no}`,
    uses: 'crowdstrike.contain_host',
    since: Date.now() - no * HOUR,
    by: 'analyst',
    stage: 'confirmed',
    standing: 'holds',
    checkedAt: Date.now() - 120_000,
    found: [],
    canVerify: true,
    before: [{ key: 'status', value: 'normal' }],
    endsAt: null,
    isEndedByTarget: false,
    endFailure: null,
    isUnchanged: false,
    undo: { uses: 'crowdstrike.lift_containment', title: `Lift the containment of web-${no}` },
    undoState: null,
    undoActionId: null,
    ...more,
  }
}

const JANE = { target: 'jane.doe@example.com', targetKey: 'jane.doe@example.com' }

/** One of each that an analyst has to tell apart. */
const EACH: readonly ContainmentRow[] = [
  row(1, { stage: 'accepted', standing: null, checkedAt: null, undo: null, found: ['status containment_pending'] }),
  row(2, { stage: 'requested', standing: null, checkedAt: null, undo: null, found: ['no answer within 20 s'] }),
  row(3, { ...JANE, title: 'Suspend jane.doe@example.com in Okta', uses: 'okta.suspend_user', endsAt: Date.now() + 4 * HOUR }),
  row(4, { standing: 'drifted', found: ['status: was left contained, is normal'] }),
  row(5, { ...JANE, title: 'Suspend jane.doe@example.com in Google', uses: 'google.suspend_user', by: 'policy' }),
  row(6, { standing: 'unreadable', found: ['CrowdStrike refused the key (403): look at the secret FALCON.'] }),
  row(7, { endsAt: Date.now() - HOUR, endFailure: 'no answer from CrowdStrike' }),
  row(8, { isUnchanged: true, undo: null, canVerify: false }),
  row(9, { stage: 'done', standing: null, checkedAt: null, canVerify: false, before: [], uses: 'file.quarantine' }),
] // prettier-ignore

async function opened(desk: Desk, rows: readonly ContainmentRow[]): Promise<void> {
  desk.fake.containments.push(...(structuredClone(rows) as ContainmentRow[])) // as it was made
  await desk.page.getByRole('link', { name: 'Active containments' }).click()
  await expect(table(desk)).toBeVisible()
}

const table = ({ page }: Desk) => page.getByRole('table', { name: 'Active containments' })
const bodies = (desk: Desk) => table(desk).locator('tbody[data-index]')

test('groups by target, and tells how far each has come', async ({ desk }) => {
  await opened(desk, EACH)
  await expect(bodies(desk)).toHaveCount(8)
  const jane = bodies(desk).filter({ hasText: 'jane.doe' })
  await expect(jane.getByRole('row')).toHaveCount(2)
  await expect(jane).toContainText('2 in force')
  const words = ['Accepted, not confirmed yet', 'Requested, no answer', 'Confirmed 2m ago', 'Changed elsewhere', 'Not readable', 'Was so before', 'In force'] // prettier-ignore
  for (const word of words) await expect(table(desk).getByText(word, { exact: false }).first()).toBeVisible()
  await expect(table(desk)).toContainText('status: was left contained, is normal')
  await expect(table(desk)).toContainText('Before: status normal')
  await expect(table(desk)).toContainText('Its time was up 1 h ago: no answer from CrowdStrike')
  // What is not confirmed yet is neither undone nor lifted.
  const accepted = bodies(desk).filter({ hasText: 'Accepted' })
  await expect(accepted.getByRole('button')).toHaveCount(1)
  await expectNoViolation(desk.page, 'containments')
})

test('looks at one, and at all, when the analyst asks', async ({ desk }) => {
  await opened(desk, EACH)
  await bodies(desk)
    .filter({ hasText: 'web-4' })
    .getByRole('button', { name: /^Verify now: / })
    .click()
  const asked = () => desk.fake.calls.filter(({ name }) => name === 'containments.verify').map(({ arg }) => arg)
  await expect.poll(asked).toEqual([{ attemptId: 'attempt-4' }])
  // Undone elsewhere, and not told here yet.
  desk.fake.containments.splice(0, 1)
  await desk.page.getByRole('button', { name: 'Verify all now' }).click()
  await expect.poll(() => asked().length).toBe(1 + EACH.filter(({ canVerify }) => canVerify).length)
  await expect(desk.page.getByText('1 containment could not be looked at')).toBeVisible()
})

test('finds by text and shows what changed elsewhere alone', async ({ desk }) => {
  const { page } = desk
  await opened(desk, EACH)
  await page.getByRole('button', { name: 'Changed elsewhere' }).click()
  await expect(bodies(desk)).toHaveCount(1)
  await page.getByRole('button', { name: 'All', exact: true }).click()
  const search = page.getByRole('searchbox', { name: 'Search containments' })
  await search.fill('jane google')
  await expect(bodies(desk)).toHaveCount(1)
  await search.fill('nobody')
  await expect(page.getByText('No containment matches')).toBeVisible()
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect(bodies(desk)).toHaveCount(8)
})

test('a thousand are usable: few are mounted, the last is reached, and typing finds one', async ({ desk }) => {
  const { page } = desk
  await opened(
    desk,
    Array.from({ length: 1000 }, (_, no) => row(no)),
  )
  await expect(table(desk)).toHaveAttribute('aria-rowcount', '1001')
  expect(await bodies(desk).count()).toBeLessThan(40)
  await page.getByRole('region', { name: 'List of containments' }).focus()
  await page.keyboard.press('End')
  await expect(table(desk)).toContainText('web-999')
  expect(await bodies(desk).count()).toBeLessThan(40)
  await page.getByRole('searchbox', { name: 'Search containments' }).fill('web-777')
  await expect(bodies(desk)).toHaveCount(1)
  await expect(bodies(desk)).toContainText('web-777')
})

for (const colorScheme of ['light', 'dark'] as const)
  for (const [width, height] of [
    [640, 400],
    [1280, 800],
  ] as const)
    test(`at ${width}×${height}, ${colorScheme}, nothing is cut and axe finds nothing`, async ({ desk }) => {
      const { page } = desk
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height })
      await opened(desk, EACH)
      const cut = await table(desk)
        .locator('tbody td:visible, tbody td:visible .ell')
        .evaluateAll((cells) =>
          cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
        )
      expect(cut).toEqual([])
      await expectNoViolation(page, 'containments')
      if (!PICTURES) return
      mkdirSync(PICTURES, { recursive: true })
      await page.screenshot({ path: `${PICTURES}/containments-${colorScheme}-${width}.png` })
    })
