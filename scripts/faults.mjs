// `npm run test:faults`: the crash matrix at full length (1,000 random kills, 1,000 over slow services, 2,000 flips of a file's place at each
// attack, 10,000 events through both ways of a first round; `npm test` makes 30, 60 and 384).
import { join } from 'node:path'
import { prepare } from './lib/install.mjs'
import { ROOT } from './lib/project.mjs'
import { becomeNode } from './lib/relay.mjs'

if (await prepare(import.meta.url)) {
  process.env.TOCSIN_FAULT_KILLS ??= '1000'
  process.env.TOCSIN_FAULT_FLIPS ??= '2000'
  process.env.TOCSIN_FAULT_EVENTS ??= '10000'
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  // No limit per test: 1,000 kills of a real process take as long as they take.
  becomeNode(process.execPath, [vitest, 'run', 'tests/faults', '--testTimeout=0', ...process.argv.slice(2)])
}
