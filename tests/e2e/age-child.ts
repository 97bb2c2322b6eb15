import { openStore } from '../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import { FakeLog } from '../fakes/ports.ts'

/** A process of its own: does to a data folder what retention does after a hundred days. */
const LONG_MS = 100 * 86_400_000
const clock = { ...systemClock, now: () => Date.now() + LONG_MS }
const store = await openStore({ dataDir: process.argv[2] ?? '', clock, ids: systemIds, log: new FakeLog() })
await store.upkeep.run()
await store.close()
