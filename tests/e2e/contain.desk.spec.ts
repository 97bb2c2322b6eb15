import { globSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { groupsOf, moveInterface, rulesOf, runInstance, type TestInstance } from '../conformance/aws/instances.ts'
import { findMoto, Moto, MOTO_ACCOUNT, MOTO_SECRET, suiteWith } from '../conformance/aws/moto.ts'
import { alertOf, approveByKeys, cardOf, expect, expectAccessible, go, openAlert, test } from './desk-steps.ts'
import type { Desk } from './real-desk.ts'

const EXAMPLE = resolve(import.meta.dirname, '../../policies/examples/guardduty')
const EVENT = readFileSync(join(EXAMPLE, 'alert/testdata/aws_guardduty/event.json'), 'utf8')

/** The example's policies as they are shipped, without their tests. */
const POLICIES = Object.fromEntries(
  globSync('*.rego', { cwd: EXAMPLE })
    .filter((name) => !name.endsWith('_test.rego'))
    .map((name) => [basename(name), readFileSync(join(EXAMPLE, name), 'utf8')]),
)

/** What a desk in a cloud account knows: where it is, and its key by name. */
function environment(moto: Moto): Record<string, string> {
  return {
    TOCSIN_MODE: 'policy',
    TOCSIN_ENV: 'AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY',
    TOCSIN_NET_ALLOW: '127.0.0.1',
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: MOTO_ACCOUNT.access_key_id,
    AWS_SECRET_ACCESS_KEY: MOTO_SECRET,
  }
}

function containment(page: Page, { id }: TestInstance): Locator {
  return page
    .getByRole('table', { name: 'Active containments' })
    .getByRole('row', { name: new RegExp(`Isolate instance ${id}`) })
}

/** Reads the instance now, without the hour's wait. */
async function verify(page: Page, instance: TestInstance): Promise<void> {
  await containment(page, instance)
    .getByRole('button', { name: /^Verify now: / })
    .click()
}

async function proposeUndo(page: Page, instance: TestInstance): Promise<void> {
  await containment(page, instance)
    .getByRole('button', { name: /^Undo: / })
    .click()
  await page.getByRole('dialog').getByRole('button', { name: 'Propose undo' }).click()
}

/** The finding comes, its isolation waits and is approved. @returns the alert's id */
async function isolate({ page, ready }: Desk, moto: Moto, instance: TestInstance): Promise<string> {
  const finding = JSON.parse(EVENT.replaceAll('i-99999999', instance.id)) as object // the sample of the example
  const alertId = await alertOf(ready, 'aws_guardduty', finding)
  await page.getByRole('button', { name: 'Understood' }).click()
  await go(page, 'Waiting for you')
  const card = cardOf(page, 'aws.quarantine_instance')
  await expect(card).toContainText('ModifyNetworkInterfaceAttribute')
  expect(await groupsOf(moto.ec2, instance.id)).toEqual(instance.groups)
  await approveByKeys(page, new RegExp(`^Approve: Isolate instance ${instance.id}`))
  await expect(page.getByRole('status', { name: 'Live news' })).toHaveText(/^Succeeded: Isolate instance/)
  return alertId
}

async function expectIsolated(moto: Moto, { id }: TestInstance): Promise<void> {
  const groups = await groupsOf(moto.ec2, id)
  const [group = '', ...others] = [...new Set(Object.values(groups).flat())]
  expect(Object.keys(groups)).toHaveLength(2)
  expect(others).toEqual([])
  expect(await rulesOf(moto.ec2, group)).toEqual([])
}

/** Skips where moto cannot be had, and says so aloud. */
async function withMoto(body: (moto: Moto) => Promise<void>): Promise<void> {
  const place = await findMoto()
  if (place.why !== undefined) console.warn(suiteWith('The isolation of an instance', place))
  test.skip(place.why !== undefined, place.why)
  const moto = await Moto.start(place)
  try {
    await body(moto)
  } finally {
    await moto.stop()
  }
}

test('a GuardDuty finding has its instance isolated once it is approved, and released exactly by its undo', async ({
  openOn,
}) => {
  test.setTimeout(180_000)
  await withMoto(async (moto) => {
    const instance = await runInstance(moto.ec2)
    const desk = await openOn(POLICIES, { env: environment(moto) })
    const { page } = desk
    const alertId = await isolate(desk, moto, instance)
    await expectIsolated(moto, instance)
    const step = (await openAlert(page, alertId)).getByRole('article', { name: 'isolate-instance' })
    await expect(step).toContainText('Succeeded')
    expect(await page.content()).not.toContain(MOTO_SECRET)

    await go(page, 'Active containments')
    await expect(containment(page, instance)).toContainText('Confirmed')
    await verify(page, instance)
    await expect(containment(page, instance)).not.toContainText('Changed elsewhere')
    await expectAccessible(desk, 'an isolated instance')
    await proposeUndo(page, instance)
    await expect(cardOf(page, 'aws.release_instance')).toBeVisible()
    await approveByKeys(page, /^Approve: Release instance/)
    await expect.poll(() => groupsOf(moto.ec2, instance.id)).toEqual(instance.groups)
    await go(page, 'Active containments')
    await expect(page.getByText('Nothing is cut off')).toBeVisible()
  })
})

test('an instance that another client released is told as drift, and its undo is refused with the difference', async ({
  openOn,
}) => {
  test.setTimeout(180_000)
  await withMoto(async (moto) => {
    const instance = await runInstance(moto.ec2)
    const desk = await openOn(POLICIES, { env: environment(moto) })
    const { page } = desk
    await isolate(desk, moto, instance)
    const [[eni, groups] = ['', []]] = Object.entries(instance.groups)
    await moveInterface(moto.ec2, eni, groups)
    const released = await groupsOf(moto.ec2, instance.id)

    await go(page, 'Active containments')
    await verify(page, instance)
    await expect(containment(page, instance)).toContainText('Changed elsewhere')
    await expect(containment(page, instance)).toContainText(`groups ${eni}: was left`)
    await expectAccessible(desk, 'an instance that was released elsewhere')
    await proposeUndo(page, instance)
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText(`groups ${eni}: was left`)
    await expect(dialog).toContainText(`is ${groups.join(', ')}`)
    expect(await groupsOf(moto.ec2, instance.id)).toEqual(released)
  })
})
