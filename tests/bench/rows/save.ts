import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { findingOf } from '../event.ts'
import { listed, median, ms, rounds, timed, type Row } from '../measure.ts'
import { GUARDDUTY, ServerProcess, withFolder } from '../server.ts'

const TARGET_MS = 300
const BYTES = 2200
/** Between two events that ask which policy is live. */
const ASK_MS = 2

/** From the save of a policy file to the first event that is judged by it; the first save starts the tool chain. */
export async function save(): Promise<Row[]> {
  return withFolder(async (folder) => {
    const policyDir = join(folder, 'policies')
    cpSync(GUARDDUTY, policyDir, { recursive: true })
    const server = await ServerProcess.serve({ dataDir: join(folder, 'data'), policyDir })
    const file = join(policyDir, 'alert.rego')
    const source = readFileSync(file, 'utf8')
    let saves = 0
    const saveAndWait = async (): Promise<void> => {
      saves += 1
      const title = `Save ${saves}`
      writeFileSync(file, source.replace('"title": f.Type', `"title": "${title}"`))
      while ((await titleOf(server)) !== title) await sleep(ASK_MS)
    }
    try {
      const cold = await timed(saveAndWait)
      const times = await rounds(() => timed(saveAndWait))
      const live = median(times)
      return [
        {
          name: 'policy save → live',
          ours: ms(live),
          against: `100 ms of it are the pause that ends a save`,
          facts: ['to the first event judged by it', `the first save ${ms(cold)}`, listed(times)],
          target: `≤ ${TARGET_MS} ms warm`,
          isOk: live <= TARGET_MS,
        },
      ]
    } finally {
      await server.stop()
    }
  })
}

async function titleOf(server: ServerProcess): Promise<string | undefined> {
  const { body } = await request(`${server.url}/alert/raw/aws_guardduty`, { method: 'POST', body: findingOf(BYTES) })
  return ((await body.json()) as { alerts: { title: string }[] }).alerts[0]?.title // `interfaces.md` §4
}
