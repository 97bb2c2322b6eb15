import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import { expect, test, type Desk } from '../real-desk.ts'

function appOf(desk: Desk): ElectronApplication {
  if (desk.app === null) throw new Error('This spec runs in Electron only')
  return desk.app
}

function windowCount(app: ElectronApplication): Promise<number> {
  return app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)
}

/** What the CSP says to something that the page tries. */
function violation(page: Page, attempt: string): Promise<string> {
  return page.evaluate(
    (source) =>
      new Promise<string>((done) => {
        document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), { once: true })
        const element = document.createElement(source.startsWith('data:') ? 'script' : 'img')
        element.setAttribute('src', source)
        document.body.append(element)
      }),
    attempt,
  )
}

test('[S1] shows the desk in a sandboxed page without Node', async ({ desk }) => {
  await expect(desk.page).toHaveURL(/^app:\/\/desk\//)
  await expect(desk.page.getByRole('navigation', { name: 'Places' })).toBeVisible()
  const seen = await desk.page.evaluate(() => [
    typeof Reflect.get(globalThis, 'require'),
    typeof Reflect.get(globalThis, 'process'),
    Object.keys(Reflect.get(globalThis, 'desk') as object).join(),
  ])
  expect(seen).toEqual(['undefined', 'undefined', 'call,on'])
})

test('[S1, S7] opens no second window and stays where it is', async ({ desk }) => {
  const app = appOf(desk)
  const before = desk.page.url()
  await desk.page.evaluate(() => {
    window.open('file:///etc/passwd')
    window.location.href = 'https://example.com/'
  })
  await expect(desk.page.getByRole('navigation', { name: 'Places' })).toBeVisible()
  expect(desk.page.url()).toBe(before)
  expect(await windowCount(app)).toBe(1)
})

test('[S3] refuses scripts and pictures from elsewhere', async ({ desk }) => {
  expect(await violation(desk.page, 'data:text/javascript,1')).toBe('script-src-elem')
  expect(await violation(desk.page, 'https://example.com/x.png')).toBe('img-src')
})

test('[S18] a second start on the same folder ends with 1 and brings the first to the front', async ({ desk }) => {
  const app = appOf(desk)
  const executablePath = process.env['TOCSIN_ELECTRON'] ?? ''
  const second = _electron.launch({
    executablePath,
    args: app
      .process()
      .spawnargs.slice(1)
      .filter((argument) => !argument.startsWith('--inspect')),
    env: { ...process.env, TOCSIN_DATA: desk.dataDir },
  })
  await expect(second).rejects.toThrow()
  expect(await windowCount(app)).toBe(1)
})

test('[S29] reloads the page after a crash, the engine runs on', async ({ desk }) => {
  const app = appOf(desk)
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer())
  await expect
    .poll(() => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getTitle()))
    .toBe('Tocsin')
  const health = await desk.page.request.get(`${desk.ready.receiver}/health`)
  expect(health.status()).toBe(200)
})

test('ends in order on SIGTERM', async ({ desk }) => {
  expect(await desk.stop('SIGTERM')).toBe(0)
})
