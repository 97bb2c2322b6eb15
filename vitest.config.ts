import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { WASM_FLAGS } from './shared/wasm-flags.ts'

export default defineConfig({
  test: {
    include: ['{electron,renderer,shared,scripts,bin,tests}/**/*.test.{ts,tsx,mjs}'],
    exclude: ['tests/e2e/**', 'tests/faults/**/*.long.test.ts', 'node_modules/**', 'out/**'],
    environment: 'node',
    // Real databases, servers and child processes on two shared cores: a slow machine must not read as a defect.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One on two cores leaves half of them idle: tests wait for processes, disks and threads.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    pool: 'forks',
    // As the product sets them before its threads start.
    execArgv: [...WASM_FLAGS],
    restoreMocks: true,
    unstubEnvs: true,
    // A promise that nobody awaits in a test hides a failure.
    dangerouslyIgnoreUnhandledErrors: false,
  },
})
