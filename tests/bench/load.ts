import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LoadPlan, LoadReport } from './sender-child.ts'

export type { LoadReport } from './sender-child.ts'

const execute = promisify(execFile)
const CHILD = join(import.meta.dirname, 'sender-child.ts')

/**
 * Sends events from a second process. Without `seconds` and `events` it would never end: one of them is given.
 * @throws Error when an answer was not 200
 */
export async function sendLoad(
  plan: Pick<LoadPlan, 'url' | 'body' | 'senders'> & Partial<LoadPlan>,
): Promise<LoadReport> {
  // Infinity has no JSON form.
  const whole: LoadPlan = { seconds: 1e6, events: 1e9, rate: 0, ...plan }
  const { stdout } = await execute(process.execPath, [CHILD, JSON.stringify(whole)])
  const report = JSON.parse(stdout) as LoadReport // as the child writes it
  if (report.refused > 0) throw new Error(`${report.refused} of ${report.answers} events were not answered 200`)
  return report
}
