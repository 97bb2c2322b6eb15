import { defineConfig } from '@playwright/test'

const isRoot = process.getuid?.() === 0

/**
 * Two projects: `chromium` opens the browser host, `electron` starts the app itself (`npm test` says where its binary is,
 * or why its specs are skipped). `*.desk.spec.ts` take their desk from `tests/e2e/real-desk.ts` and run in both.
 */
export default defineConfig<object, { host: 'browser' | 'electron' }>({
  testDir: 'tests/e2e',
  outputDir: 'test-results',
  forbidOnly: true,
  // A spec that passes only the second time has failed.
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['line']],
  use: {
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      // Chromium's sandbox refuses to start as root (containers); nowhere else is it switched off.
      args: isRoot ? ['--no-sandbox'] : [],
    },
  },
  projects: [
    { name: 'chromium', testIgnore: '**/electron/**', use: { host: 'browser' } },
    {
      name: 'electron',
      testMatch: ['**/electron/*.spec.ts', '**/*.desk.spec.ts'],
      use: { host: 'electron' },
      workers: 1,
    },
  ],
})
