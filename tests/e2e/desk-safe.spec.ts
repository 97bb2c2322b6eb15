import { AxeBuilder } from '@axe-core/playwright'
import { COMMAND, CSP, DeskHost, expect, open, test } from './desk-fixture.ts'

/** Every place, with something that is there when it is drawn. */
const PLACES = [
  ['/inbox', '.arow[aria-rowindex="20"]'],
  ['/inbox/alert-40', '.card > footer'],
  ['/waiting', '.wdet .card > footer'],
  ['/events', '.erow[aria-rowindex="20"]'],
  ['/events/event-40', '[aria-label="Event"] .tree'],
  ['/problems', '[aria-label="Problem"] .actions'],
  ['/containments', '.containments tbody tr'],
  ['/settings', '#settings-appearance'],
] as const

for (const scheme of ['dark', 'light'] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme })
    test('axe finds nothing on any place', async ({ desk }) => {
      const { page, fake } = desk
      fake.addWaiting(5)
      fake.settle('alert-35-quarantine', 'succeeded', '')
      for (const [place, landmark] of PLACES) {
        await page.evaluate((hash) => {
          window.location.hash = hash
        }, place)
        await expect(page.locator(landmark).first()).toBeVisible()
        await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
        const axe = new AxeBuilder({ page })
        // Only colours differ between the schemes.
        if (scheme === 'light') axe.withRules(['color-contrast'])
        const { violations } = await axe.analyze()
        const found = violations.map(({ id, nodes }) => `${place} ${id}: ${nodes.map((node) => node.html).join(' | ')}`)
        expect(found).toEqual([])
      }
    })
  })
}

test.describe('first run', () => {
  test.use({ deskOptions: { alerts: 0, state: { isFirstRun: true } } })
  test('leads to the first approval, and axe finds nothing', async ({ desk }) => {
    const { page } = desk
    await expect(page.getByText('curl -d @')).toBeVisible()
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
    await page.getByRole('button', { name: 'Send a sample alert' }).click()
    await expect(page.getByRole('group', { name: 'Approval: file.quarantine' })).toBeVisible()
  })
})

/** What a detector could be made to send (S20). */
const HOSTILE = [
  '<script>window.hacked=1</script>',
  '<img src=x onerror="window.hacked=1">',
  '"><svg onload=window.hacked=1>',
  'javascript:window.hacked=1',
  '\u202Egnp.exe\u202C',
  '\u001B[31mred\u001B[0m',
  'zero\u200Bwidth\u2066x\u2069',
  "=cmd|' /C calc'!A0",
  '{{7*7}}${7*7}',
  `long ${'A'.repeat(100_000)}`,
]

test('[S20] hostile text in every field is shown as text', async ({ desk }) => {
  const { page, fake } = desk
  for (const text of HOSTILE) {
    fake.alerts.length = 0
    fake.addAlerts(1, {
      id: `hostile-${HOSTILE.indexOf(text)}`,
      title: text,
      source: text,
      schema: text,
      observable: text,
    })
    const card = fake.addWaiting(0)
    const row = fake.alerts[0]
    if (!row) throw new Error('no row')
    Object.assign(row, { title: text, source: text, schema: text, observable: text })
    Object.assign(card, {
      name: text,
      title: `Do ${text}`,
      target: text,
      effectSentence: text,
      policyReason: text,
      alertTitle: text,
    })
    card.args = [{ key: text.slice(0, 50), value: text, isSecret: false, isEditable: true }]
    card.plan = [{ key: text.slice(0, 50), value: text }]
    card.stale = [{ what: text, before: text, after: text }]
    if (card.asked) card.asked = { ...card.asked, sentence: text, lines: [{ row: 1, text, hit: 'lit', values: text }] }
    for (const action of fake.chains.get(row.id)?.[0]?.rounds[0]?.actions ?? []) {
      const act = { at: Date.now(), by: text, kind: text, reason: text, cause: { code: 'x', message: text } }
      Object.assign(action, {
        name: text,
        title: `Do ${text}`,
        target: text,
        acts: [{ ...act, changes: [{ key: text, before: text, after: text }] }],
        uses: text,
        error: { code: 'x', message: text },
        args: { [text.slice(0, 50)]: text },
      })
    }
    fake.changed(['alerts', 'approvals', 'chains', 'state'])
    fake.publish('news', { kind: 'alert', text, alertId: null, actionId: null })
    await page.evaluate((hash) => {
      window.location.hash = hash
    }, `/inbox/${row.id}`)
    await expect(page.getByRole('group', { name: /^Approval/ })).toBeVisible()
    await page.evaluate((hash) => {
      window.location.hash = hash
    }, '/waiting')
    await expect(page.getByRole('grid', { name: 'Decisions' }).getByRole('row').nth(1)).toBeVisible()
    const seen = await page.evaluate(() => ({
      hacked: 'hacked' in window,
      // eslint-disable-next-line no-control-regex -- what must not reach the page
      hidden: /[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069\u200b]/.test(document.body.innerText),
      markup: document.querySelectorAll('script:not([src]), img, iframe, object, a[href^="javascript"]').length,
      width: document.documentElement.scrollWidth <= window.innerWidth,
    }))
    expect(seen, text.slice(0, 40)).toEqual({ hacked: false, hidden: false, markup: 0, width: true })
  }
})

test('[S3] the page runs under the strict header, which refuses what is not its own', async ({ desk }) => {
  const { page, violations } = desk
  expect(CSP).toContain("default-src 'none'")
  const refused = await page.evaluate(async () => {
    const seen: string[] = []
    const reported = new Promise<void>((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => {
        seen.push(event.effectiveDirective)
        if (['img-src', 'base-uri', 'connect-src'].every((directive) => seen.includes(directive))) resolve()
      })
    })
    const script = document.createElement('script')
    const attempts: (() => unknown)[] = [
      () => {
        script.textContent = 'window.hacked=1'
        document.body.append(script)
      },
      () => window.setTimeout('window.hacked=1' as unknown as () => void),
      () => (document.body.innerHTML += '<b>x</b>'),
      () => document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.1:9/x.png' })),
      () => document.body.append(Object.assign(document.createElement('base'), { href: 'http://127.0.0.1:9/' })),
      () => new WebSocket('ws://127.0.0.1:9/'),
    ]
    for (const attempt of attempts) {
      try {
        attempt()
      } catch {
        seen.push('threw')
      }
    }
    await fetch('http://127.0.0.1:9/').catch(() => seen.push('fetch refused'))
    await reported
    return { seen, hacked: 'hacked' in window }
  })
  expect(refused.hacked).toBe(false)
  expect(refused.seen).toEqual(expect.arrayContaining(['img-src', 'base-uri', 'connect-src', 'fetch refused', 'threw']))
  // These were provoked; nothing else was reported.
  violations.length = 0
  desk.foreign.length = 0
})

test('[S6] asks nobody but its own host, whatever an event names', async ({ desk }) => {
  const { page, foreign } = desk
  for (const [place, landmark] of PLACES) {
    if (place === '/containments') continue
    await page.evaluate((hash) => {
      window.location.hash = hash
    }, place)
    await expect(page.locator(landmark).first()).toBeVisible()
  }
  // Addresses that an alert names are text: nothing on the page leads out of it.
  await expect(page.locator('a[href]:not([href^="#/"])')).toHaveCount(0)
  expect(foreign).toEqual([])
})

test('a lost connection is visible, refuses decisions and comes back', async ({ desk }) => {
  const { page, fake, host } = desk
  await page.evaluate(() => {
    window.location.hash = '/inbox/alert-40'
  })
  await expect(page.getByRole('group', { name: /^Approval/ })).toBeVisible()
  host.cut()
  await expect(page.getByRole('alert').filter({ hasText: 'No connection to Tocsin' })).toBeVisible()
  fake.settle('alert-40-quarantine', 'rejected', 'elsewhere')
  await expect(page.getByText('No connection to Tocsin')).toHaveCount(0)
  await expect(page.getByRole('article', { name: 'quarantine' })).toContainText('Rejected')
})

test('a used link says what to do, and its token is gone from the address', async ({ page }) => {
  const host = new DeskHost({})
  await host.start()
  await open(page, host, '/inbox')
  expect(page.url()).not.toContain('token')
  await page.evaluate(() => window.sessionStorage.clear())
  await page.goto(`${host.origin}/?again#token=one-time-token`)
  await expect(page.getByText('again for a fresh link')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Command' })).toHaveText(COMMAND)
  // Without any token it says that, and the same command.
  await page.goto(`${host.origin}/?none`)
  await expect(page.getByText('This address has no link token')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Command' })).toHaveText(COMMAND)
  await host.stop()
})

test.describe('a damaged store', () => {
  test.use({
    deskOptions: {
      state: {
        store: {
          state: 'corrupt',
          message: 'Page 812 is wrong.',
          bytes: 1,
          backups: [{ name: 'daily.db', at: 1, bytes: 1 }],
        },
      },
    },
  })
  test('is read only, and can be restored and exported', async ({ desk }) => {
    const { page } = desk
    await expect(page.getByRole('heading', { name: 'The database is damaged' })).toBeVisible()
    await expect(page.getByRole('navigation', { name: 'Places' })).toHaveCount(0)
    await page.getByRole('button', { name: 'Export' }).click()
    await expect(page.getByText('export.jsonl')).toBeVisible()
    await page.getByRole('button', { name: 'Restore daily.db…' }).click()
    await page.getByRole('button', { name: 'Restore', exact: true }).click()
    await expect(page.getByRole('navigation', { name: 'Places' })).toBeVisible()
  })
})

test.describe('trouble', () => {
  test.use({
    deskOptions: {
      state: {
        mode: 'off',
        heldChains: 12,
        receiver: {
          state: 'port_taken',
          url: null,
          address: '127.0.0.1:8080',
          message: 'Another program listens there.',
        },
        vault: { backend: 'file', isWeak: true, message: 'They lie in a key file.' },
      },
    },
  })
  test('says what is wrong on every place, with a way out', async ({ desk }) => {
    const { page, fake } = desk
    await expect(page.getByRole('alert').filter({ hasText: 'the port is taken' })).toBeVisible()
    await page.getByRole('button', { name: 'Use another port…' }).click()
    await page.getByRole('textbox', { name: 'Address' }).fill('127.0.0.1:8081')
    await page.getByRole('button', { name: 'Receive here' }).click()
    await expect(page.getByText('the port is taken')).toHaveCount(0)
    await page.getByRole('combobox', { name: 'Response mode' }).click()
    await page.getByRole('option', { name: /^Ask before acting/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Switch to Ask before acting' })
    await dialog.getByRole('radio', { name: 'Close' }).check()
    await dialog.getByRole('button', { name: 'Close 12 chains' }).click()
    await expect(dialog).toHaveCount(0)
    expect(fake.calls.find(({ name }) => name === 'mode.set')?.arg).toEqual({ mode: 'ask', held: 'close' })
  })
})

test.describe('after a long sleep', () => {
  test.use({ deskOptions: { state: { mode: 'policy', heldChains: 3 } } })
  test('asks by itself what becomes of held chains, by the keyboard', async ({ desk }) => {
    const { page, fake } = desk
    const dialog = page.getByRole('dialog', { name: '3 chains held' })
    await expect(dialog).toContainText('more than an hour ago')
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    expect(fake.calls.some(({ name }) => name === 'mode.set')).toBe(false)
    // Nothing is decided by closing it: the question stays, and no second dialog comes by itself.
    await page.getByRole('button', { name: 'Run or close…' }).press('Enter')
    await expect(dialog.getByRole('radio', { name: 'Run' })).toBeFocused()
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    await page.keyboard.press('ArrowDown')
    await expect(dialog.getByRole('button', { name: 'Close 3 chains' })).toBeVisible()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Control+Enter')
    await expect(dialog).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Run or close…' })).toHaveCount(0)
    expect(fake.calls.find(({ name }) => name === 'mode.set')?.arg).toEqual({ mode: 'policy', held: 'run' })
  })
})
