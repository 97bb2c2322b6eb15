import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { FakeRemote, type Reply } from '../fakes/fake-remote.ts'
import { unproven } from '../fakes/proven.ts'
import { DeskClient } from './desk-client.ts'
import { during, type StartOptions } from './desk-run.ts'
import { DataFolders, readRows, REPORT_POLICIES, ServeProcess } from './serve-process.ts'

/** One report over the lives of several processes. */
interface Run {
  dataDir: string
  /** By which the remote tells it apart. */
  n: string
  known: { reportId?: string; inspectionId?: string }
}

interface Scene {
  /** What the process dies of. */
  deed: string
  /** The commit's label, and which one of the dying process. */
  label: string
  pass?: number
  /** The places of the label; both sides of the commit unless told. */
  places?: readonly ('before' | 'after' | 'asked')[]
  prepare?: (run: Run) => Promise<unknown>
  /** What is asked of the process that dies; nobody waits for the answer. Nothing: it dies of its own start. */
  act?: (desk: DeskClient, run: Run, serve: ServeProcess) => unknown
  /** What differs from a report that was inspected, graded and made known once. */
  end?: (isDurable: boolean) => Partial<End>
  /** How often the question may have been asked. */
  calls?: readonly number[]
}

interface End {
  /** Alerts, and those that are in exactly one report. */
  alerts: number
  gathered: number
  reports: number
  /** The state of each inspection, and how many findings it has. */
  inspections: string[]
  severity: string
  /** Who graded, and how. */
  reviews: string[]
  /** What the remote was told. */
  told: string[]
  /** Acts of the analyst about reports. */
  acts: string[]
  /** Nothing waits any more. */
  isOpen: boolean
}

const OPTIONS: StartOptions = {
  policyDir: REPORT_POLICIES,
  env: { TOCSIN_INSPECT_DELAY: '0', TOCSIN_REVIEW_DELAY: '600' },
}
const FOUND: Reply = { body: '{"findings":[{"type":"host","content":{"os":["x"]}}]}' }
const UNKNOWN: Reply = { body: '{"findings":[{"type":"weather","content":{}}]}' }

const folders = new DataFolders()
let remote: FakeRemote

beforeAll(async () => {
  remote = await FakeRemote.start({ service: ({ path }) => (path.startsWith('/look/') ? FOUND : {}) })
  await folders.prepare(OPTIONS)
})
afterAll(async () => {
  await remote.close()
  folders.remove()
})

const send = (_desk: unknown, { n }: Run, serve: ServeProcess): Promise<string | null> =>
  serve.send({ n, remote: remote.url })

/** A report that was inspected, graded and made known. */
async function reviewed(run: Run): Promise<void> {
  await during(
    run,
    async (_desk, serve) => {
      await send(null, run, serve)
      await expect.poll(() => found(run), { timeout: 20_000 }).toMatchObject({ isOpen: false, reviews: { length: 1 } })
      await expect.poll(() => found(run).told, { timeout: 20_000 }).toHaveLength(1)
    },
    OPTIONS,
  )
  const [row] = readRows<Run['known']>(
    run.dataDir,
    'SELECT (SELECT id FROM report) AS reportId, (SELECT id FROM inspection) AS inspectionId',
  )
  Object.assign(run.known, row)
}

/** A report whose inspection came back with what nobody can read. */
async function failed(run: Run): Promise<void> {
  remote.on(`/look/${run.n}`, { do: 'answer', ...UNKNOWN }, { do: 'answer', ...FOUND })
  await reviewed(run)
}

/** A report of which a question is under way. */
async function underWay(run: Run): Promise<void> {
  const dying = await ServeProcess.start(run.dataDir, 'report-lookup:asked', OPTIONS)
  if (dying) await send(null, run, dying)
  await dying?.whenDead()
}

const SCENES: readonly Scene[] = [
  { deed: 'following an alert into its report', label: 'report-gather', act: send },
  { deed: 'the decision on what is inspected', label: 'report-inspect', act: send },
  { deed: 'taking up what was under way', label: 'report-lookup', prepare: underWay, calls: [2] },
  // The first one of each process is what it takes up at its start.
  { deed: 'asking', label: 'report-lookup', pass: 2, act: send, calls: [1, 2] },
  { deed: 'the answer', label: 'report-lookup', pass: 3, act: send, calls: [1, 2] },
  { deed: 'an answer that nobody has written', label: 'report-lookup', places: ['asked'], act: send, calls: [2] },
  { deed: 'a review', label: 'report-review', act: send },
  {
    deed: "the analyst's grade",
    label: 'report-override',
    prepare: reviewed,
    act: (desk, { known }) =>
      desk.call('reports.override', { id: known.reportId ?? '', severity: 'safe', reason: 'a test of ours' }),
    end: (isDurable) =>
      isDurable
        ? {
            severity: 'safe',
            reviews: ['policy urgent', 'analyst safe'],
            told: ['safe', 'urgent'],
            acts: ['report.override'],
          }
        : {},
  },
  {
    deed: 'a re-inspection',
    label: 'report-reinspect',
    prepare: reviewed,
    act: (desk, { known }) => desk.call('reports.reinspect', { id: known.reportId ?? '' }),
    calls: [1, 2],
    end: (isDurable) =>
      isDurable
        ? {
            inspections: ['succeeded 1', 'succeeded 1'],
            reviews: ['policy urgent', 'policy urgent'],
            acts: ['report.reinspect'],
          }
        : {},
  },
  {
    deed: 'another try of a failed inspection',
    label: 'report-retry',
    prepare: failed,
    act: (desk, { known }) => desk.call('inspections.retry', { id: known.inspectionId ?? '' }),
    calls: [1, 2],
    end: (isDurable) =>
      isDurable
        ? { reviews: ['policy safe', 'policy urgent'], told: ['safe', 'urgent'], acts: ['inspection.retry'] }
        : { severity: 'safe', inspections: ['failed 0'], reviews: ['policy safe'], told: ['safe'] },
  },
]

/** A folder of its own, as the scene begins. */
async function runOf(prepare: Scene['prepare']): Promise<Run> {
  const { dataDir, files } = folders.fresh()
  const run: Run = { dataDir, n: basename(files), known: {} }
  await prepare?.(run)
  return run
}

const words = (rows: readonly { word: string }[]): string[] => rows.map(({ word }) => word)

function found({ dataDir, n }: Run): End {
  const [row] = readRows<Omit<End, 'isOpen' | 'inspections' | 'reviews' | 'told' | 'acts'> & { open: number }>(
    dataDir,
    `SELECT (SELECT count(*) FROM alert) AS alerts, (SELECT sum(alert_count) FROM report) AS gathered,
       (SELECT count(*) FROM report) AS reports, (SELECT severity FROM report) AS severity,
       (SELECT count(*) FROM report WHERE inspect_at IS NOT NULL OR review_at IS NOT NULL OR is_review_due = 1)
         + (SELECT count(*) FROM lookup WHERE next_at IS NOT NULL OR state = 'running')
         + (SELECT count(*) FROM chain WHERE state IN ('queued', 'running')) AS open`,
  )
  if (!row) throw new Error('A SELECT without FROM has one row')
  const { open, ...facts } = row
  const inspections = `SELECT state || ' ' || (SELECT count(*) FROM finding WHERE inspection_id = i.id) AS word
    FROM inspection AS i ORDER BY seq`
  const acts = "SELECT kind AS word FROM act WHERE kind LIKE 'report.%' OR kind LIKE 'inspection.%' ORDER BY seq"
  const told = remote.calls.flatMap(({ path }) =>
    path.startsWith(`/emit/${n}/`) ? (path.split('/').at(-1) ?? '') : [],
  )
  return {
    ...facts,
    isOpen: open > 0,
    inspections: words(readRows(dataDir, inspections)),
    reviews: words(readRows(dataDir, "SELECT by || ' ' || severity AS word FROM review ORDER BY seq")),
    told: told.toSorted(),
    acts: words(readRows(dataDir, acts)),
  }
}

const ONCE: End = {
  alerts: 1,
  gathered: 1,
  reports: 1,
  inspections: ['succeeded 1'],
  severity: 'urgent',
  reviews: ['policy urgent'],
  told: ['urgent'],
  acts: [],
  isOpen: false,
}

describe('a report whose process is killed in', () => {
  const rows = SCENES.flatMap((scene) =>
    (scene.places ?? (['before', 'after'] as const)).map((place) => [scene.deed, place, scene] as const),
  )

  it.each(rows)('[S24] %s, at %s: nothing is lost, and nothing happens twice', async (_deed, place, scene) => {
    const run = await runOf(scene.prepare)
    const dying = await ServeProcess.start(run.dataDir, `${scene.label}:${place}:${scene.pass ?? 1}`, OPTIONS)
    const desk = dying && scene.act ? await DeskClient.open(dying.ready.desk ?? '') : null
    if (dying && desk) void scene.act?.(desk, run, dying)
    await dying?.whenDead()
    desk?.close()

    const next = await ServeProcess.start(run.dataDir, '', OPTIONS)
    onTestFinished(() => next?.kill())
    const end = { ...ONCE, ...scene.end?.(place === 'after') }
    await expect.poll(() => found(run), { timeout: 20_000 }).toEqual(end)
    await next?.kill('SIGTERM')
    expect(found(run)).toEqual(end)
    expect(await unproven(run.dataDir)).toEqual([])
    expect(scene.calls ?? [1]).toContain(remote.count(`/look/${run.n}`))
  })
})
