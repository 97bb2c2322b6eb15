import { appendFileSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { DeskClient } from './desk-client.ts'
import { asked, chainStates, contained, during, got, sent, unknown, type Run, type StartOptions } from './desk-run.ts'
import { DataFolders, POLICIES, readRows, ServeProcess } from './serve-process.ts'

interface Scene {
  /** What the process dies of. */
  deed: string
  /** The commit's label, and which one of the dying process. */
  label: string
  pass?: number
  /** What earlier processes leave behind; scenes with the same one share it. */
  prepare?: (run: Run) => Promise<void>
  /** What was prepared serves once: a file is moved on the way, or lies in quarantine and must stay that very file. */
  isFileMoved?: boolean
  /** What is asked of the process that dies; nobody waits for the answer. Nothing: it dies of its own start. */
  act?: (desk: DeskClient, run: Run, serve: ServeProcess) => unknown
  /** Of the dying process and the next one. */
  options?: StartOptions
  /** The kind of act that is counted. */
  kind?: string
  /** What holds after the restart. */
  end: (isDurable: boolean) => Partial<End>
}

interface End {
  /** Of the first one. */
  action: string
  chains: string[]
  /** That reached the remote since the process started that died. */
  calls: number
  isFileThere: boolean
  acts: number
  versions: number
  /** The number of the live policy. */
  live: number
}

const folders = new DataFolders()
/** Another version of the policies, which decides alike. */
const changedPolicies = mkdtempSync(join(tmpdir(), 'tocsin-changed-'))
const CHANGED: StartOptions = { policyDir: changedPolicies }
const prepared = new Map<Scene['prepare'], Run>()
let remote: FakeRemote

beforeAll(async () => {
  remote = await FakeRemote.start()
  cpSync(POLICIES, changedPolicies, { recursive: true })
  appendFileSync(join(changedPolicies, 'action/main.rego'), '\nnote := "another version"\n')
  await folders.prepare()
})
afterAll(async () => {
  await remote.close()
  folders.remove()
  rmSync(changedPolicies, { recursive: true })
})

const ASKED = asked('quarantine')
const approve = (desk: DeskClient, { known }: Run, editedArgs: Record<string, string> | null = null): unknown =>
  desk.call('approvals.approve', {
    actionId: known['actionId'] ?? '',
    boundHash: known['boundHash'] ?? '',
    isStaleConfirmed: false,
    editedArgs,
    why: '',
  })

const settle =
  (answer: 'done' | 'again') =>
  (desk: DeskClient, { known }: Run): unknown =>
    desk.call('actions.settleUnknown', { actionId: known['actionId'] ?? '', answer, reason: 'looked' })

/** Elements to count: some tenths of a second. */
const BUSY = 200_000
const EDIT = { data: '{"edited":true}' }
const OFF: StartOptions = { mode: 'off' }
const SCENES: readonly Scene[] = [
  {
    deed: 'a rejection',
    label: 'chain-decide',
    prepare: ASKED,
    act: (desk, { known: { actionId = '', boundHash = '' } }) =>
      desk.call('approvals.reject', { actionId, boundHash, reason: 'no' }),
    kind: 'approval.reject',
    end: (isDurable) => ({ action: isDurable ? 'rejected' : 'waiting', isFileThere: true, acts: Number(isDurable) }),
  },
  {
    deed: 'an approval with an edit',
    label: 'chain-decide',
    prepare: asked('post', EDIT),
    act: (desk, run) => approve(desk, run, EDIT),
    kind: 'approval.approve',
    end: (isDurable) => ({
      action: isDurable ? 'succeeded' : 'waiting',
      calls: Number(isDurable),
      acts: Number(isDurable),
    }),
  },
  {
    deed: 'an expiry',
    label: 'chain-decide',
    prepare: sent(['quarantine'], { ask: { required: true, expires_in: 5 } }),
    kind: 'approval.expire',
    end: () => ({ action: 'expired', chains: ['completed'], isFileThere: true, acts: 1 }),
  },
  {
    deed: 'a stop',
    label: 'chain-decide',
    prepare: ASKED,
    act: (desk, { known }) => desk.call('chains.stop', { id: known['chainId'] ?? '', reason: 'enough' }),
    kind: 'chain.stop',
    end: (isDurable) => ({
      action: isDurable ? 'superseded' : 'waiting',
      chains: [isDurable ? 'cancelled' : 'waiting'],
      isFileThere: true,
      acts: Number(isDurable),
    }),
  },
  {
    deed: 'the end of a stopped chain',
    label: 'chain-finish',
    prepare: ASKED,
    act: (desk, { known }) => desk.call('chains.stop', { id: known['chainId'] ?? '', reason: 'enough' }),
    kind: 'chain.stop',
    end: () => ({ action: 'superseded', chains: ['cancelled'], isFileThere: true, acts: 1 }),
  },
  {
    deed: 'the end of a chain that its policy aborts',
    label: 'chain-finish',
    act: (_desk, run, serve) => serve.send(run.event(['abort'])),
    end: () => ({ action: 'succeeded', chains: ['aborted'] }),
  },
  {
    deed: 'trying an unknown outcome again',
    label: 'chain-decide',
    prepare: unknown,
    act: settle('again'),
    kind: 'attempt.again',
    end: (isDurable) => ({
      action: isDurable ? 'succeeded' : 'unknown',
      calls: Number(isDurable),
      acts: Number(isDurable),
    }),
  },
  {
    deed: 'the word that an unknown outcome happened',
    label: 'chain-outcome',
    prepare: unknown,
    act: settle('done'),
    kind: 'attempt.done',
    end: (isDurable) => ({ action: isDurable ? 'succeeded' : 'unknown', calls: 0, acts: Number(isDurable) }),
  },
  {
    deed: 'holding what was approved under Off',
    label: 'chain-decide',
    // The first one is the approval.
    pass: 2,
    prepare: ASKED,
    act: (desk, run) => approve(desk, run),
    options: OFF,
    kind: 'approval.approve',
    end: () => ({ action: 'approved', chains: ['queued'], isFileThere: true, acts: 1 }),
  },
  {
    deed: 'releasing what was held',
    label: 'chain-decide',
    prepare: async (run) => {
      await ASKED(run)
      await during(run, async (desk) => approve(desk, run), OFF)
    },
    isFileMoved: true,
    kind: 'chain.run',
    end: () => ({ action: 'succeeded', chains: ['completed'], isFileThere: false, acts: 1 }),
  },
  {
    deed: 'a re-run',
    label: 'chain-rerun',
    prepare: got,
    act: (desk, { known }) =>
      desk.call('chains.rerun', {
        id: known['chainId'] ?? '',
        what: 'everything',
        policy: 'same',
        isConfirmed: true,
      }),
    kind: 'chain.rerun',
    end: (isDurable) => ({
      chains: isDurable ? ['completed', 'completed'] : ['completed'],
      calls: Number(isDurable),
      acts: Number(isDurable),
    }),
  },
  {
    deed: 'an undo',
    label: 'chain-rerun',
    prepare: contained,
    act: (desk, { known }) => desk.call('containments.undo', { attemptId: known['attemptId'] ?? '' }),
    isFileMoved: true,
    kind: 'containment.undo',
    end: (isDurable) => ({
      chains: isDurable ? ['completed', 'waiting'] : ['completed'],
      isFileThere: false,
      acts: Number(isDurable),
    }),
  },
  {
    deed: 'the word that a containment was lifted elsewhere',
    label: 'containment-lift',
    prepare: contained,
    act: (desk, { known }) =>
      desk.call('containments.lift', { attemptId: known['attemptId'] ?? '', reason: 'put back by hand' }),
    kind: 'containment.lift',
    end: (isDurable) => ({ chains: ['completed'], isFileThere: false, acts: Number(isDurable) }),
  },
  {
    deed: 'storing an event that takes long',
    label: 'event-pending',
    act: (_desk, run, serve) => serve.send(run.event(['get'], { busy: BUSY })),
    end: (isDurable) => ({ chains: isDurable ? ['completed'] : [], calls: Number(isDurable) }),
  },
  {
    deed: 'making a policy version live',
    label: 'policy',
    options: CHANGED,
    kind: 'policy.live',
    end: () => ({ versions: 2, live: 2, acts: 2 }),
  },
  {
    deed: 'a look at what an approval relies on',
    label: 'chain-look',
    prepare: ASKED,
    act: (desk, { known }) => desk.call('approvals.get', { actionId: known['actionId'] ?? '' }),
    options: CHANGED,
    end: () => ({ action: 'waiting', chains: ['waiting'], isFileThere: true, live: 2 }),
  },
  {
    deed: 'a setting',
    label: 'setting',
    // The first one is the mode that the command line gives.
    pass: 2,
    act: (desk) => desk.call('settings.set', { changes: { 'retention.days': 30 } }),
    kind: 'setting.set',
    end: (isDurable) => ({ acts: Number(isDurable) }),
  },
  ...(
    [
      ['a new source', 'source', 'source.create', (desk) => desk.call('sources.create', { name: 'web' })],
      [
        'a secret',
        'secret',
        'secret.set',
        (desk) => desk.call('secrets.set', { name: 'KEY', value: 'a secret of some length', hosts: [] }),
      ],
      ['an export', 'export', 'store.export', (desk) => desk.call('store.export', {})],
    ] satisfies [string, string, string, (desk: DeskClient) => unknown][]
  ).map(([deed, label, kind, act]): Scene => ({
    deed,
    label,
    kind,
    act,
    end: (isDurable) => ({ acts: Number(isDurable) }),
  })),
  {
    deed: 'a triage',
    label: 'triage',
    prepare: got,
    act: (desk, { known }) =>
      desk.call('alerts.triage', {
        ids: [known['alertId'] ?? ''],
        scope: 'row',
        state: 'closed',
        verdict: 'benign',
        note: null,
      }),
    kind: 'alert.triage',
    end: (isDurable) => ({ acts: Number(isDurable) }),
  },
  {
    deed: 'dismissing a problem',
    label: 'problem',
    prepare: unknown,
    act: (desk, { known }) => desk.call('problems.dismiss', { id: known['problemId'] ?? '', reason: 'seen' }),
    kind: 'problem.dismissed',
    end: (isDurable) => ({ action: 'unknown', calls: 0, acts: Number(isDurable) }),
  },
]

/** A folder of its own, as the scene begins. */
async function runOf(prepare: Scene['prepare'], isFileMoved = false): Promise<Run> {
  const known = prepared.get(prepare)
  if (known) return { ...known, dataDir: folders.fresh(known.dataDir).dataDir }
  const { dataDir, files } = folders.fresh()
  const [path, n] = [join(files, 'found.bin'), basename(files)]
  writeFileSync(path, 'found')
  const event = (kinds: string[], more: object = {}): object => ({
    n,
    path,
    remote: remote.url,
    ask: false,
    kinds,
    ...more,
  })
  const run: Run = { dataDir, path, n, event, known: {} }
  await prepare?.(run)
  if (isFileMoved) return run
  prepared.set(prepare, run)
  return runOf(prepare)
}

/** Requests that reached the remote. */
function callsOf({ n }: Run): number {
  return remote.calls.filter(({ path }) => path.endsWith(`/${n}`)).length
}

function found({ dataDir, path }: Run, kind: string | undefined, calls: number): End {
  const [row] = readRows<Omit<End, 'chains' | 'calls' | 'isFileThere' | 'acts'>>(
    dataDir,
    `SELECT (SELECT state FROM action ORDER BY seq LIMIT 1) AS action, (SELECT count(*) FROM policy_version) AS versions,
       (SELECT number FROM policy_now) AS live`,
  )
  if (!row) throw new Error('A SELECT without FROM has one row')
  const kinds = readRows<{ kind: string }>(dataDir, 'SELECT kind FROM act')
  const acts = kinds.filter((act) => act.kind === kind).length
  return { ...row, chains: chainStates(dataDir), calls, isFileThere: existsSync(path), acts }
}

describe('killed in a commit of', () => {
  const rows = SCENES.flatMap((scene) =>
    (['before', 'after'] as const).map((when) => [scene.deed, when, scene] as const),
  )

  it.each(rows)(
    '[S24] %s, %s it is durable: it happened or it did not, and nothing twice',
    async (_deed, when, scene) => {
      const run = await runOf(scene.prepare, scene.isFileMoved)
      const fault = `${scene.label}:${when}:${scene.pass ?? 1}`
      const earlier = callsOf(run)
      const dying = await ServeProcess.start(run.dataDir, fault, scene.options)
      const desk = dying && scene.act ? await DeskClient.open(dying.ready.desk ?? '') : null
      if (dying && desk) void scene.act?.(desk, run, dying)
      await dying?.whenDead()
      desk?.close()

      const next = await ServeProcess.start(run.dataDir, '', scene.options)
      const calls = (): number => callsOf(run) - earlier
      const end = scene.end(when === 'after')
      await expect.poll(() => found(run, scene.kind, calls()), { timeout: 20_000 }).toMatchObject(end)
      await next?.kill('SIGTERM')
      expect(found(run, scene.kind, calls())).toMatchObject(end)
    },
  )
})
