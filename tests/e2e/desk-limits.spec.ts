import type { Locator, Page } from '@playwright/test'
import type { DeskFake } from '../fakes/desk-fake.ts'
import { expect, test } from './desk-fixture.ts'
import { expectNoViolation } from './no-violation.ts'

const ACTION = 'alert-40-quarantine'
const TARGET = 'ana@corp.example'
const ACT = 'Clear all sessions of ana@corp.example in Okta'

/** Makes the decision that waits one that cannot be taken back. */
function makeIrreversible(fake: DeskFake, more: object = {}): void {
  const facts = { title: ACT, target: TARGET, uses: 'okta.clear_sessions', undo: null, confirm: TARGET }
  Object.assign(fake.card(ACTION), facts, more)
  const action = fake
    .chainsOf(fake.find('alert-40'))
    .flatMap(({ rounds }) => rounds.flatMap(({ actions }) => actions))
    .find(({ id }) => id === ACTION)
  Object.assign(action ?? {}, { title: ACT, target: TARGET, uses: 'okta.clear_sessions', isIrreversible: true })
  fake.changed(['approvals', 'chains'])
}

const approvals = (fake: DeskFake) => fake.calls.filter(({ name }) => name === 'approvals.approve')
const approveButton = (page: Page): Locator => page.getByRole('button', { name: `Approve: ${ACT}`, exact: true })
const dialogOf = (page: Page): Locator => page.getByRole('dialog', { name: `Confirm: ${ACT}` })
const fieldOf = (page: Page): Locator => dialogOf(page).getByLabel('Type the target to confirm')
const sendOf = (page: Page): Locator => dialogOf(page).getByRole('button', { name: 'Approve irreversible act' })

test.describe('an act that cannot be taken back', () => {
  test.use({ startAt: '/waiting/alert-40-quarantine' })

  test('is marked in the list and on the card, by its shape and in a word', async ({ desk }) => {
    const { page, fake } = desk
    makeIrreversible(fake)
    const row = page.getByRole('grid', { name: 'Decisions' }).getByRole('row', { name: /irreversible/ })
    await expect(row.locator('.state svg')).toBeVisible()
    await expect(row.getByText('Irreversible')).toBeVisible()
    const card = page.getByRole('group', { name: 'Approval: okta.clear_sessions' })
    await expect(card.getByText('Irreversible')).toBeVisible()
    await expect(card).toContainText('Cannot be taken back, neither here nor at the service.')
    await expectNoViolation(page, 'the card')
  })

  test('is approved by typing its target, by keys alone', async ({ desk }) => {
    const { page, fake } = desk
    makeIrreversible(fake)
    await expect(approveButton(page)).toBeVisible()
    await page.keyboard.press('a')
    await expect(approveButton(page)).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(dialogOf(page)).toHaveCount(0)
    await page.keyboard.press('Control+Enter')
    await expect(fieldOf(page)).toBeFocused()
    await expectNoViolation(page, 'the dialog')
    await page.keyboard.press('Control+Enter')
    await expect(dialogOf(page).getByRole('alert')).toContainText('Type the target first')
    await fieldOf(page).pressSequentially('anna@corp.example')
    await page.keyboard.press('Control+Enter')
    await expect(dialogOf(page).getByRole('alert')).toContainText('not the target')
    expect(approvals(fake)).toEqual([])
    await fieldOf(page).fill(TARGET)
    await expect(dialogOf(page)).toContainText('It is the target.')
    await page.keyboard.press('Control+Enter')
    await expect(dialogOf(page)).toHaveCount(0)
    expect(approvals(fake)).toMatchObject([{ arg: { actionId: ACTION, typedTarget: TARGET, editedArgs: null } }])
  })

  test('closed without an answer decides nothing, and is asked for anew', async ({ desk }) => {
    const { page, fake } = desk
    makeIrreversible(fake)
    await approveButton(page).click()
    await dialogOf(page).getByRole('button', { name: 'Cancel' }).click()
    await expect(dialogOf(page)).toHaveCount(0)
    expect(approvals(fake)).toEqual([])
    await approveButton(page).click()
    await expect(fieldOf(page)).toHaveValue('')
  })

  test('that another window decides meanwhile is over in the dialog', async ({ desk }) => {
    const { page, fake } = desk
    makeIrreversible(fake)
    await approveButton(page).click()
    await fieldOf(page).fill(TARGET)
    fake.settle(ACTION, 'rejected', 'by the other window')
    await expect(sendOf(page)).toHaveCount(0)
    await expect(dialogOf(page).getByRole('alert').first()).toContainText(/rejected/i)
    await dialogOf(page).getByRole('button', { name: 'Close' }).click()
    expect(approvals(fake)).toEqual([])
  })

  test('whose engine goes away keeps what was typed, and can be sent once it is back', async ({ desk }) => {
    const { page, fake, host } = desk
    makeIrreversible(fake)
    await approveButton(page).click()
    await fieldOf(page).fill(TARGET)
    host.cut()
    fake.state.engine = 'restarting'
    fake.changed(['state'])
    await expect(sendOf(page)).toBeDisabled()
    await expect(fieldOf(page)).toHaveValue(TARGET)
    fake.state.engine = 'running'
    fake.changed(['state'])
    await expect(sendOf(page)).toBeEnabled()
    await sendOf(page).click()
    await expect(dialogOf(page)).toHaveCount(0)
    expect(approvals(fake)).toHaveLength(1)
  })

  test('refused by the engine says why, and stays open', async ({ desk }) => {
    const { page, fake } = desk
    makeIrreversible(fake)
    await approveButton(page).click()
    await fieldOf(page).fill(TARGET)
    fake.card(ACTION).confirm = 'eve@corp.example'
    await sendOf(page).click()
    await expect(dialogOf(page).getByRole('alert')).toContainText('not the target')
    await expect(fieldOf(page)).toHaveValue(TARGET)
  })

  test('is usable at 640 by 400', async ({ desk }) => {
    const { page, fake } = desk
    await page.setViewportSize({ width: 640, height: 400 })
    makeIrreversible(fake, {
      target: `${'very-'.repeat(40)}long@corp.example`,
      confirm: `${'very-'.repeat(40)}long@corp.example`,
    })
    await page.keyboard.press('a')
    for (let tries = 0; tries < 12 && (await dialogOf(page).count()) === 0; tries += 1) {
      await page.keyboard.press('Control+Enter')
      await page.keyboard.press('PageDown')
      await page.keyboard.press('a')
    }
    await expect(fieldOf(page)).toBeVisible()
    await expect(sendOf(page)).toBeInViewport()
    await expectNoViolation(page, 'the dialog in a small window')
  })

  test('with changes is confirmed by the changed target', async ({ desk }) => {
    const { page, fake } = desk
    makeIrreversible(fake)
    await page.getByRole('button', { name: 'Edit…' }).click()
    const dialog = page.getByRole('dialog', { name: /^Edit/ })
    await dialog.getByLabel('path').fill('/srv/upload/other.exe')
    await expect(dialog.getByLabel('Type the target to confirm')).toBeVisible()
    await page.keyboard.press('Control+Enter')
    await expect(dialog.getByRole('alert')).toContainText('Type the target first')
    await dialog.getByLabel('Type the target to confirm').fill(TARGET)
    await dialog.getByRole('button', { name: 'Approve with changes' }).click()
    await expect(dialog).toHaveCount(0)
    expect(approvals(fake)).toMatchObject([{ arg: { typedTarget: TARGET } }])
  })
})

test('the chain marks it as well, before and after it ran', async ({ desk }) => {
  const { page, fake } = desk
  makeIrreversible(fake)
  await page.goto(`${desk.host.origin}/#/inbox/alert-40`)
  const step = page.getByRole('region', { name: 'Chain', exact: true }).getByRole('article', { name: 'quarantine' })
  await expect(step.getByText('Irreversible')).toBeVisible()
  fake.settle(ACTION, 'succeeded', '')
  await expect(step.getByText('Succeeded')).toBeVisible()
  await expect(step.getByText('Irreversible')).toBeVisible()
})

test('a card says which limit holds what the policy would have let go', async ({ desk }) => {
  const { page, fake } = desk
  const beyondCap =
    'The policy would let it go; a limit holds it: this chain contains 5 of the 5 targets that one chain may without asking, and this is 1 more.'
  Object.assign(fake.card(ACTION), { beyondCap })
  await page.goto(`${desk.host.origin}/#/waiting/${ACTION}`)
  await expect(page.getByRole('group', { name: 'Approval: file.quarantine' })).toContainText(beyondCap)
  await expectNoViolation(page, 'the card')
})

test('a card that no approval counts for says why, and offers none', async ({ desk }) => {
  const { page, fake } = desk
  const message = '“/srv/upload/invoice.exe” is protected (your list of protected targets has it)'
  Object.assign(fake.card(ACTION), { refusal: { code: 'target_protected', message } })
  await page.goto(`${desk.host.origin}/#/waiting/${ACTION}`)
  const card = page.getByRole('group', { name: 'Approval: file.quarantine' })
  await expect(card.getByRole('alert')).toHaveText(message)
  await expect(card.getByRole('button', { name: /^Approve/ })).toHaveCount(0)
  await expect(card.getByRole('button', { name: 'Reject…' })).toBeVisible()
  await page.keyboard.press('a')
  await page.keyboard.press('Control+Enter')
  expect(approvals(fake)).toEqual([])
  await expectNoViolation(page, 'the card')
})

test('an undo whose target was changed elsewhere leaves marking it as lifted', async ({ desk }) => {
  const { page, fake } = desk
  const message = 'It was changed elsewhere since: status: was left SUSPENDED, is ACTIVE.'
  Object.assign(fake.card(ACTION), { refusal: { code: 'changed_since', message }, undoes: 'attempt-1' })
  const lifted: unknown[] = []
  fake.overrides['containments.lift'] = (arg) => {
    lifted.push(arg)
    fake.settle(ACTION, 'rejected', '')
    return {}
  }
  await page.goto(`${desk.host.origin}/#/waiting/${ACTION}`)
  const card = page.getByRole('group', { name: 'Approval: file.quarantine' })
  await expect(card.getByRole('alert')).toHaveText(message)
  await expect(card.getByRole('button', { name: /^(Approve|Reject|Edit)/ })).toHaveCount(0)
  await card.getByRole('button', { name: 'Mark as lifted…' }).click()
  const dialog = page.getByRole('dialog', { name: /^Mark as lifted/ })
  await dialog.getByLabel('Reason').fill('released by the service desk')
  await expectNoViolation(page, 'the dialog')
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toHaveCount(0)
  expect(lifted).toEqual([{ attemptId: 'attempt-1', reason: 'released by the service desk' }])
})

test.describe('settings', () => {
  test.use({ startAt: '/settings/response' })

  test('show what is protected by itself with the reason, and take a list and caps', async ({ desk }) => {
    const { page, fake } = desk
    const builtIn = page.getByRole('list', { name: 'Protected without being listed' })
    await expect(builtIn.getByRole('listitem')).toHaveCount(5)
    await expect(builtIn.getByRole('listitem').last()).toHaveText(/192\.168\.1\.1.*the gateway of this computer/)
    await page.getByLabel('Protected targets').fill('dc1.corp.example.com\n\n10.20.0.0/16\n*.bank.example')
    await page.getByLabel('One chain may contain without asking').click()
    await expect
      .poll(() => fake.settings['contain.protected'])
      .toEqual(['dc1.corp.example.com', '10.20.0.0/16', '*.bank.example'])
    await page.getByLabel('One chain may contain without asking').fill('3')
    await page.keyboard.press('Enter')
    await expect.poll(() => fake.settings['contain.maxPerChain']).toBe(3)
    await page.getByLabel('One rule may hold contained without asking').fill('many')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alert')).toContainText('Give a number')
    await expectNoViolation(page, 'the settings')
  })
})
