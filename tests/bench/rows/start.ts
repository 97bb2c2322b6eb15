import { largeFolder, STORED_ALERTS } from '../large-folder.ts'
import { count, listed, median, ms, rounds, type Row } from '../measure.ts'
import { ServerProcess } from '../server.ts'

const TARGET_MS = 700

/** From the start of the process to its ready line, on a folder that has been used before. */
export async function start(): Promise<Row[]> {
  const dataDir = await largeFolder()
  const once = async (): Promise<number> => {
    const server = await ServerProcess.serve({ dataDir })
    await server.stop()
    return server.startMs
  }
  const first = await once()
  const times = await rounds(once)
  const time = median(times)
  return [
    {
      name: 'start → receiver listening',
      ours: ms(time),
      against: 'no peer: AlertChain stores nothing',
      facts: [`${count(STORED_ALERTS)} alerts stored`, `the first start, which compiles, ${ms(first)}`, listed(times)],
      target: `≤ ${TARGET_MS} ms`,
      isOk: time <= TARGET_MS,
    },
  ]
}
