import { defineConfig } from '@playwright/test'

const isRoot = process.getuid?.() === 0

/**
 * Two projects over the same desk: `chromium` opens the browser host, `electron` starts the app itself. Specs start
 * what they need (an engine on a temporary data folder) by fixtures in `tests/e2e/`; nothing is shared between them.
 */
export default defineConfig({
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
    { name: 'chromium', testDir: 'tests/e2e', testIgnore: 'electron/**' },
    { name: 'electron', testDir: 'tests/e2e/electron', workers: 1 },
  ],
})
