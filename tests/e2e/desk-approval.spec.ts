import { AxeBuilder } from '@axe-core/playwright'
import { EDITED_HASH } from '../fakes/desk-data.ts'
import { Refusal } from '../fakes/desk-refusal.ts'
import { expect, test } from './desk-fixture.ts'

test.use({ startAt: '/inbox/alert-40' })

test('has the roles and names that others rely on', async ({ desk }) => {
  const { page } = desk
  const alert = page.getByRole('region', { name: 'Alert' })
  await expect(alert.getByRole('heading', { name: 'Win.Test.EICAR_HDB-1 FOUND' })).toBeVisible()
  for (const name of ['Chain', 'Attributes', 'Raw event']) {
    await expect(alert.getByRole('region', { name, exact: true })).toBeVisible()
  }
  const chain = alert.getByRole('region', { name: 'Chain', exact: true })
  await expect(chain.getByRole('group', { name: 'Round 0' }).getByRole('article', { name: 'hash-file' })).toContainText(
    'Succeeded',
  )
  await expect(chain.getByRole('article', { name: 'notify-slack' })).toContainText('HTTP 429')
  const card = chain.getByRole('group', { name: 'Round 1' }).getByRole('article', { name: 'quarantine' })
  await expect(card.getByText('Waiting for you')).toBeVisible()
  const approval = card.getByRole('group', { name: 'Approval: file.quarantine' })
  for (const name of ['Approve: Quarantine invoice.exe', 'Reject…', 'Edit…']) {
    await expect(approval.getByRole('button', { name, exact: true })).toBeVisible()
  }
  await expect(approval).toContainText('‹TICKET_KEY›')
  await expect(chain.getByRole('button', { name: 'Stop chain…' })).toBeVisible()
  await chain.getByRole('button', { name: 'Re-run…' }).click()
  const rerun = page.getByRole('dialog', { name: 'Re-run' })
  await expect(rerun.getByRole('radiogroup', { name: 'What' }).getByRole('radio', { name: 'Everything' })).toBeChecked()
  await expect(
    rerun.getByRole('radiogroup', { name: 'Policy' }).getByRole('radio', { name: 'Current version' }),
  ).toBeVisible()
  await expect(rerun.getByRole('button', { name: 'Re-run' })).toBeDisabled()
  await rerun.getByRole('checkbox').check()
  await expect(rerun.getByRole('button', { name: 'Re-run' })).toBeEnabled()
  await page.keyboard.press('Escape')
  const mode = page.getByRole('combobox', { name: 'Response mode' })
  await mode.click()
  await expect(page.getByRole('option')).toHaveText([/^Off/, /^Dry-run/, /^Ask before acting/, /^By policy/])
  await page.keyboard.press('Escape')
  const places = page.getByRole('navigation', { name: 'Places' }).getByRole('link')
  await expect(places).toHaveCount(7)
  for (const name of ['Waiting for you', 'Inbox', 'Events', 'Reports', 'Problems', 'Active containments', 'Settings']) {
    await expect(
      page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name, exact: true }),
    ).toBeVisible()
  }
})

test('no single key approves', async ({ desk }) => {
  const { page, fake } = desk
  const button = page.getByRole('button', { name: 'Approve: Quarantine invoice.exe' })
  await expect(button).toBeVisible()
  await page.keyboard.press('Control+Enter')
  await page.keyboard.press('a')
  await expect(button).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Space')
  expect(fake.calls.some(({ name }) => name === 'approvals.approve')).toBe(false)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('article', { name: 'quarantine' })).toContainText('Succeeded')
  const call = fake.calls.find(({ name }) => name === 'approvals.approve')
  expect(call?.arg).toMatchObject({ isStaleConfirmed: false, editedArgs: null })
})

test('shows a decision only when the engine took it', async ({ desk }) => {
  const { page, fake } = desk
  const answers: (() => void)[] = []
  fake.overrides['approvals.approve'] = async ({ actionId }) => {
    await new Promise<void>((resolve) => {
      answers.push(resolve)
    })
    fake.settle(actionId, 'succeeded', '')
    return { state: 'succeeded', isYours: true }
  }
  const card = page.getByRole('group', { name: 'Approval: file.quarantine' })
  const button = card.getByRole('button', { name: 'Approve: Quarantine invoice.exe' })
  await expect(button).toBeVisible()
  // What is decided comes into sight first.
  await page.keyboard.press('a')
  await expect(button).toBeFocused()
  await button.click()
  await expect(button).toBeDisabled()
  await expect(card.getByText('Waiting for you')).toBeVisible()
  answers[0]?.()
  await expect(page.getByRole('article', { name: 'quarantine' })).toContainText('Succeeded')
  expect(fake.calls.filter(({ name }) => name === 'approvals.approve')).toHaveLength(1)
})

test('says why a decision was refused', async ({ desk }) => {
  desk.fake.overrides['approvals.approve'] = () => {
    throw new Refusal('changed', 'The card is out of date: look at it again, then decide')
  }
  const button = desk.page.getByRole('button', { name: 'Approve: Quarantine invoice.exe' })
  await expect(button).toBeVisible()
  await desk.page.keyboard.press('a')
  await expect(button).toBeFocused()
  await button.click()
  await expect(desk.page.getByRole('alert')).toContainText('The card is out of date')
})

test('decided in another window, it changes in place', async ({ desk }) => {
  const { page, fake } = desk
  await expect(page.getByRole('group', { name: 'Approval: file.quarantine' })).toBeVisible()
  fake.settle('alert-40-quarantine', 'rejected', 'load test')
  const article = page.getByRole('article', { name: 'quarantine' })
  await expect(article).toContainText('Rejected')
  await expect(article).toContainText('load test')
  await expect(page.getByRole('group', { name: 'Approval: file.quarantine' })).toHaveCount(0)
})

test('a reject needs a reason', async ({ desk }) => {
  const { page, fake } = desk
  await page.getByRole('group', { name: 'Approval: file.quarantine' }).getByRole('button', { name: 'Reject…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Reject: Quarantine invoice.exe' })
  await expect(dialog.getByLabel('Reason')).toBeFocused()
  await expect(dialog.getByRole('button', { name: 'Reject action' })).toBeDisabled()
  await dialog.getByLabel('Reason').fill('Load test until 16:00')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('article', { name: 'quarantine' })).toContainText('Rejected')
  expect(fake.calls.find(({ name }) => name === 'approvals.reject')?.arg).toMatchObject({
    reason: 'Load test until 16:00',
  })
})

test('an edit sends only what was changed, and shows both versions before', async ({ desk }) => {
  const { page, fake } = desk
  await page.getByRole('button', { name: 'Edit…' }).click()
  const dialog = page.getByRole('dialog', { name: /^Edit/ })
  await expect(dialog.getByLabel('secret_ticket')).toHaveAttribute('readonly')
  await expect(dialog.getByLabel('sha256')).toHaveAttribute('readonly')
  await dialog.getByLabel('links').fill('{"confirmed":')
  await expect(dialog).toContainText('This is no JSON')
  await dialog.getByLabel('links').fill('{"confirmed":true}')
  await expect(dialog.locator('.was').first()).toContainText('{"confirmed":false}')
  // However many arguments an action has, the answer is in sight.
  await page.setViewportSize({ width: 1280, height: 600 })
  await expect(dialog.getByRole('button', { name: 'Approve with changes' })).toBeInViewport({ ratio: 1 })
  await dialog.getByRole('button', { name: 'Approve with changes' }).click()
  await expect(dialog).toHaveCount(0)
  expect(fake.calls.find(({ name }) => name === 'approvals.approve')?.arg).toMatchObject({
    editedArgs: { links: { confirmed: true } },
    // The plan that was shown is part of what is approved.
    boundHash: EDITED_HASH,
  })
})

test('a rule that was not looked up in time is looked up when somebody asks, by the keyboard', async ({ desk }) => {
  const { page, fake } = desk
  const card = [...fake.cards.values()][0]
  if (card) Object.assign(card, { asked: null, canExplain: true })
  fake.changed(['approvals'])
  const group = page.getByRole('group', { name: 'Approval: file.quarantine' })
  await expect(group).toContainText('Which rule was not looked up yet.')
  await group.getByRole('button', { name: 'Look up the rule' }).press('Enter')
  await expect(group).toContainText('action/main.rego')
  await expect(group.getByRole('button', { name: 'Look up the rule' })).toHaveCount(0)
})

test('an edit asks for what the schema of the action says, by the keyboard', async ({ desk }) => {
  const { page, fake } = desk
  await page.getByRole('button', { name: 'Edit…' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: /^Edit/ })
  const path = dialog.getByRole('textbox', { name: 'path', exact: true })
  await expect(path).toBeFocused()
  await expect(path).toHaveAccessibleDescription('Absolute path of the file')
  await expect(path).toHaveAttribute('required')
  await expect(dialog.getByLabel('secret_ticket')).toHaveAccessibleDescription(
    /^Key of the ticket system\. From the vault/,
  )
  // Nobody gave it and nobody may: it is not asked for.
  await expect(dialog.getByLabel('secret_other')).toHaveCount(0)
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  await path.fill('')
  await expect(path).toHaveAccessibleDescription(/^This is needed/)
  await path.fill('/srv/upload/invoice.exe')
  await page.keyboard.press('Tab')
  await expect(dialog.getByLabel('sha256')).toBeFocused()
  await page.keyboard.press('Tab')
  const onLink = dialog.getByRole('combobox', { name: 'on_link' })
  await expect(onLink).toBeFocused()
  await expect(onLink).toHaveValue('')
  await page.keyboard.press('f')
  await page.keyboard.press('Tab')
  await page.keyboard.type('many')
  await expect(dialog.getByText('This is no number')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Approve with changes' })).toBeDisabled()
  await dialog.getByLabel('max_bytes').fill('4096')
  await expect(dialog.getByRole('button', { name: 'Approve with changes' })).toBeEnabled()
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toHaveCount(0)
  expect(fake.calls.find(({ name }) => name === 'approvals.approve')?.arg).toMatchObject({
    editedArgs: { on_link: 'follow', max_bytes: 4096 },
  })
})

test('an edit whose plan changed meanwhile is refused, and its present plan is shown', async ({ desk }) => {
  const { page, fake } = desk
  let size = 68
  fake.overrides['approvals.plan'] = () => ({
    plan: [{ key: 'size', value: `${size} bytes` }],
    boundHash: String(size).repeat(32),
    confirm: '',
  })
  fake.overrides['approvals.approve'] = ({ boundHash }) => {
    if (boundHash !== String(size).repeat(32)) throw new Refusal('stale', 'It would do something else now.')
    return { state: 'approved', isYours: true }
  }
  await page.getByRole('button', { name: 'Edit…' }).click()
  const dialog = page.getByRole('dialog', { name: /^Edit/ })
  await dialog.getByLabel('path').fill('/srv/upload/other.exe')
  const approve = dialog.getByRole('button', { name: 'Approve with changes' })
  await expect(approve).toBeEnabled()
  size = 70
  await approve.click()
  await expect(dialog.getByRole('alert')).toContainText('something else now')
  await expect(dialog).toContainText('70 bytes')
  await approve.click()
  await expect(dialog).toHaveCount(0)
})

test('an edit approved before its plan is there is refused, and the plan is fetched at once', async ({ desk }) => {
  const { page, fake } = desk
  const answers: (() => void)[] = []
  fake.overrides['approvals.plan'] = async () => {
    await new Promise<void>((resolve) => {
      answers.push(resolve)
    })
    return { plan: [{ key: 'size', value: '70 bytes' }], boundHash: EDITED_HASH, confirm: '' }
  }
  const approvals = () => fake.calls.filter(({ name }) => name === 'approvals.approve').length
  await page.getByRole('button', { name: 'Edit…' }).click()
  const dialog = page.getByRole('dialog', { name: /^Edit/ })
  await dialog.getByLabel('path', { exact: true }).fill('/srv/upload/other.exe')
  await page.keyboard.press('Control+Enter')
  await expect(dialog.getByRole('alert').filter({ hasText: 'was not on the screen yet' })).toBeVisible()
  await expect(dialog.getByText('Planning what these changes would do…')).toBeVisible()
  await expect.poll(() => answers.length).toBeGreaterThan(0)
  for (const answer of answers) answer()
  await expect(dialog.getByRole('region', { name: 'What changes' })).toContainText('70 bytes')
  // It was not kept: what nobody had seen is not approved by a key from before.
  expect(approvals()).toBe(0)
  // Enter alone never sends.
  await page.keyboard.press('Enter')
  expect(approvals()).toBe(0)
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toHaveCount(0)
  expect(approvals()).toBe(1)
})

test('a stale one lists what differs and is approved anyway', async ({ desk }) => {
  const { page, fake } = desk
  const card = [...fake.cards.values()][0]
  if (card) card.stale = [{ what: 'plan.size', before: '68 bytes', after: '70 bytes' }]
  fake.changed(['approvals'])
  const group = page.getByRole('group', { name: 'Approval: file.quarantine' })
  await expect(group).toContainText('70 bytes')
  await page.keyboard.press('a')
  await expect(group.getByRole('button', { name: 'Approve anyway: Quarantine invoice.exe' })).toBeFocused()
  // Until all that is decided has come into sight the keys are refused.
  const approved = (): unknown => fake.calls.find(({ name }) => name === 'approvals.approve')?.arg
  await expect(async () => {
    await page.keyboard.press('Control+Enter')
    expect(approved()).toMatchObject({ isStaleConfirmed: true })
  }).toPass()
  await expect(page.getByRole('article', { name: 'quarantine' })).toContainText('Succeeded')
})

test('an unknown outcome has three answers, each with a reason', async ({ desk }) => {
  const { page, fake } = desk
  const action = fake.chains.get('alert-40')?.[0]?.rounds[1]?.actions[0]
  if (action) action.state = 'unknown'
  fake.changed(['chains'], [], ['chain-alert-40'])
  const article = page.getByRole('article', { name: 'quarantine' })
  await expect(article.getByText('Unknown', { exact: true })).toBeVisible()
  for (const name of ['Mark as done…', 'Mark as not done…', 'Try again…']) {
    await expect(article.getByRole('button', { name })).toBeVisible()
  }
  await article.getByRole('button', { name: 'Mark as done…' }).click()
  const dialog = page.getByRole('dialog', { name: /^Mark as done/ })
  await dialog.getByLabel('Reason').fill('I looked: it is there')
  await dialog.getByRole('button', { name: 'Mark as done' }).click()
  await expect(dialog).toHaveCount(0)
  expect(fake.calls.find(({ name }) => name === 'actions.settleUnknown')?.arg).toEqual({
    actionId: 'alert-40-quarantine',
    answer: 'done',
    reason: 'I looked: it is there',
  })
})

test('shows arguments, result as tree and raw, attempts, and the policy version', async ({ desk }) => {
  const { page } = desk
  const step = page.getByRole('article', { name: 'hash-file' })
  await step.getByRole('button', { name: /hash-file/ }).click()
  const tree = step.getByRole('tree', { name: 'Result' })
  await expect(tree.getByRole('treeitem', { name: /verdict/ })).toContainText('"malicious"')
  await tree.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowLeft')
  await expect(tree.getByRole('treeitem', { name: /verdict/ })).toHaveCount(0)
  await step.getByRole('button', { name: 'Load all' }).click()
  await expect(tree).toContainText('whole')
  await step.getByRole('tab', { name: 'Arguments' }).click()
  await expect(step.getByRole('tree', { name: 'Arguments' })).toContainText('‹INTEL_KEY›')
  await page.getByRole('region', { name: 'Chain', exact: true }).getByRole('button', { name: 'policy v14' }).click()
  const policy = page.getByRole('dialog', { name: 'Policy v14' })
  await expect(policy.getByRole('region', { name: 'action/main.rego' })).toContainText('run contains res if')
})

test('an undo is proposed and waits like every action', async ({ desk }) => {
  const { page, fake } = desk
  fake.settle('alert-40-quarantine', 'succeeded', '')
  await page.getByRole('link', { name: 'Active containments' }).click()
  await page.getByRole('button', { name: 'Undo: Restore invoice.exe' }).click()
  await page.getByRole('dialog', { name: 'Restore invoice.exe' }).getByRole('button', { name: 'Propose undo' }).click()
  await expect(page).toHaveURL(/#\/waiting\//)
  await expect(page.getByRole('group', { name: 'Approval: file.restore' })).toBeVisible()
})
