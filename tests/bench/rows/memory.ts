import { settled } from '../backlog.ts'
import { largeFolder, STORED_ALERTS } from '../large-folder.ts'
import { sendLoad } from '../load.ts'
import { count, type Row } from '../measure.ts'
import { ServerProcess } from '../server.ts'

const EVENTS = 100_000
/** Four looks, so that a slope shows. */
const STEPS = 4
const SENDERS = 32
const BYTES = 2200
const TARGET_MB = 250
/** After the first quarter, which fills caches. */
const FLAT_MB = 25

/** Memory of the engine's process on a folder with 100,000 alerts, while as many more come. */
export async function memory(): Promise<Row[]> {
  const dataDir = await largeFolder()
  // The policy is compiled and stored by a start before, so that this process never starts the tool chain.
  await (await ServerProcess.serve({ dataDir })).stop()
  const server = await ServerProcess.serve({ dataDir })
  const rss = (): number => server.usage()?.rssMb ?? Number.NaN
  try {
    const atStart = rss()
    const steps: number[] = []
    for (let step = 0; step < STEPS; step += 1) {
      const url = `${server.url}/alert/raw/aws_guardduty`
      await sendLoad({ url, body: BYTES, senders: SENDERS, events: EVENTS / STEPS })
      steps.push(rss())
      await settled(dataDir)
    }
    const most = Math.max(...steps)
    const growth = (steps.at(-1) ?? Number.NaN) - (steps[0] ?? Number.NaN)
    return [
      {
        name: 'memory of the engine',
        ours: `${count(most)} MB`,
        against: 'AlertChain 4,096 MB at 100,000 events',
        facts: [
          `${count(STORED_ALERTS)} alerts stored, ${count(EVENTS)} more of ${BYTES} bytes, ${SENDERS} senders`,
          `at the start ${count(atStart)} MB, then every ${count(EVENTS / STEPS)}: ${steps.map(count).join(' / ')} MB`,
          'the tool chain was never started',
        ],
        target: `≤ ${TARGET_MB} MB, growth after the first quarter ≤ ${FLAT_MB} MB`,
        isOk: most <= TARGET_MB && growth <= FLAT_MB,
      },
    ]
  } finally {
    await server.stop()
  }
}
