import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { unproven } from '../fakes/proven.ts'
import type { StartOptions } from './desk-run.ts'
import { DataFolders, readRows, REPORT_POLICIES, ServeProcess } from './serve-process.ts'

const TIMERS = 200
const KILLS = 10
/** Each life is so long after it is ready: the timers come up over those of all. */
const LIFE_MS = 300
const INSPECT_SECONDS = 6

/** What the policy knows by itself comes at once: each report is inspected and reviewed by one timer each. */
const INSPECT = `package inspect

inspect contains {"findings": [{"type": "host", "content": {"os": ["x"]}}]} if input.attribute.type == "thing"
`

const folders = new DataFolders()
const policyDir = mkdtempSync(join(tmpdir(), 'tocsin-timers-'))
const OPTIONS: StartOptions = {
  policyDir,
  env: { TOCSIN_INSPECT_DELAY: String(INSPECT_SECONDS), TOCSIN_REVIEW_DELAY: String(INSPECT_SECONDS + 1) },
}

beforeAll(async () => {
  cpSync(REPORT_POLICIES, policyDir, { recursive: true })
  writeFileSync(join(policyDir, 'inspect/main.rego'), INSPECT)
  rmSync(join(policyDir, 'emit'), { recursive: true })
  await folders.prepare(OPTIONS)
})
afterAll(() => {
  folders.remove()
  rmSync(policyDir, { recursive: true })
})

const started = async (dataDir: string): Promise<ServeProcess> => {
  const serve = await ServeProcess.start(dataDir, '', OPTIONS)
  if (!serve) throw new Error('It did not start')
  return serve
}

it(
  `[S24] ${TIMERS} timers, ${KILLS} kills while they come up: every report is inspected once and reviewed once`,
  { timeout: 240_000 },
  async () => {
    const { dataDir } = folders.fresh()
    const first = await started(dataDir)
    const ids = new Set<string>()
    for (let no = 0; no < TIMERS; no += 10) {
      const sent = Array.from({ length: 10 }, (_none, more) => first.send({ n: `n${no + more}`, remote: '' }))
      for (const id of await Promise.all(sent)) ids.add(id ?? '')
      // The timers come up one group after the other.
      await wait(LIFE_MS / 2)
    }
    expect(ids.size).toBe(TIMERS)
    await first.kill()
    for (let kill = 1; kill < KILLS; kill += 1) {
      const serve = await started(dataDir)
      await wait(LIFE_MS)
      await serve.kill()
    }

    const last = await started(dataDir)
    const open = 'SELECT count(*) AS n FROM report WHERE inspect_at IS NOT NULL OR review_at IS NOT NULL'
    await expect.poll(() => readRows<{ n: number }>(dataDir, open)[0]?.n, { timeout: 60_000, interval: 200 }).toBe(0)
    await last.kill('SIGTERM')

    const counts = readRows<Record<string, number>>(
      dataDir,
      `SELECT r.alert_count AS alerts,
         (SELECT count(*) FROM report_attribute AS a WHERE a.report_seq = r.seq AND a.inspected_at IS NULL) AS uninspected,
         (SELECT count(*) FROM inspection AS i WHERE i.report_seq = r.seq) AS inspections,
         (SELECT count(*) FROM finding AS f WHERE f.report_seq = r.seq) AS findings,
         (SELECT count(*) FROM review AS v WHERE v.report_seq = r.seq) AS reviews
       FROM report AS r`,
    )
    const once = { alerts: 1, uninspected: 0, inspections: 1, findings: 1, reviews: 1 }
    expect(counts.filter((count) => JSON.stringify(count) !== JSON.stringify(once))).toEqual([])
    expect(counts).toHaveLength(TIMERS)
    const decisions = "SELECT kind, count(*) AS n FROM decision WHERE kind IN ('inspect', 'review') GROUP BY kind"
    // Two attributes each: what was looked up, and where.
    expect(readRows(dataDir, decisions)).toEqual([
      { kind: 'inspect', n: 2 * TIMERS },
      { kind: 'review', n: TIMERS },
    ])
    const [late] = readRows<{ ms: number }>(
      dataDir,
      `SELECT max(a.inspected_at - r.created_at) - ${INSPECT_SECONDS * 1000} AS ms
       FROM report AS r JOIN report_attribute AS a ON a.report_seq = r.seq`,
    )
    console.info(`${TIMERS} timers, ${KILLS} kills: each was up once, the latest ${late?.ms} ms after its time`)
    expect(await unproven(dataDir)).toEqual([])
  },
)
