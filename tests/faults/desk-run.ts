import { expect } from 'vitest'
import { DeskClient } from './desk-client.ts'
import { readRows, ServeProcess } from './serve-process.ts'

export type StartOptions = NonNullable<Parameters<typeof ServeProcess.start>[2]>

/** One data folder over the lives of several processes. */
export interface Run {
  dataDir: string
  /** A file that may be quarantined. */
  path: string
  /** By which the remote tells it apart. */
  n: string
  event(kinds: string[], more?: object): object
  /** What the steps before the crash found out. */
  known: Record<string, string>
}

/** Runs one process from its start to an orderly stop. */
export async function during(
  run: Pick<Run, 'dataDir'>,
  work: (desk: DeskClient, serve: ServeProcess) => Promise<unknown>,
  options?: StartOptions,
): Promise<void> {
  const serve = await ServeProcess.start(run.dataDir, '', options)
  if (!serve) throw new Error('It died before it was ready')
  const desk = await DeskClient.open(serve.ready.desk ?? '')
  await work(desk, serve)
  desk.close()
  await serve.kill('SIGTERM')
}

/** Lets policies contain as much as they like, unasked: what is tried here is something else. */
export function liftCaps(run: Pick<Run, 'dataDir'>, options?: StartOptions): Promise<void> {
  const most = 100_000
  const changes = { 'contain.maxPerRule': most, 'contain.maxPerHour': most, 'contain.maxPerChain': most }
  return during(
    run,
    async (desk) => expect(await desk.call('settings.set', { changes })).toMatchObject({ ok: true }),
    options,
  )
}

export const chainStates = (dataDir: string): string[] =>
  readRows<{ state: string }>(dataDir, 'SELECT state FROM chain ORDER BY seq').map(({ state }) => state)
const settled = (run: Run): Promise<void> =>
  expect
    .poll(() => chainStates(run.dataDir).filter((state) => state === 'running' || state === 'queued'), {
      timeout: 20_000,
    })
    .toEqual([])

/** An event whose chain waits or has ended. */
export const sent =
  (kinds: string[], more: object = {}) =>
  (run: Run): Promise<void> =>
    during(run, async (_desk, serve) => {
      await serve.send(run.event(kinds, more))
      await settled(run)
    })

/** A card that waits, as the analyst saw it. */
export const asked =
  (kind: 'quarantine' | 'post', edit: Record<string, string> | null = null) =>
  (run: Run): Promise<void> =>
    during(run, async (desk, serve) => {
      await serve.send(run.event([kind], { ask: true }))
      await settled(run)
      const listed = await desk.call('approvals.list', {})
      const actionId = listed.ok ? (listed.value.rows[0]?.actionId ?? '') : ''
      const seen = edit
        ? await desk.call('approvals.plan', { actionId, args: edit })
        : await desk.call('approvals.get', { actionId })
      Object.assign(run.known, { actionId, boundHash: seen.ok ? seen.value.boundHash : '' })
      Object.assign(run.known, readRows(run.dataDir, 'SELECT id AS chainId FROM chain')[0])
    })

/** A POST of which nobody knows whether it happened. */
export async function unknown(run: Run): Promise<void> {
  const dying = await ServeProcess.start(run.dataDir, 'effect:after')
  await dying?.send(run.event(['post']))
  await dying?.whenDead()
  await during(run, () => settled(run))
  Object.assign(run.known, readRows(run.dataDir, 'SELECT id AS actionId FROM action')[0])
  Object.assign(
    run.known,
    readRows(run.dataDir, "SELECT id AS problemId FROM problem WHERE code = 'outcome_unknown'")[0],
  )
}

/** A chain that has ended. */
export async function got(run: Run): Promise<void> {
  await sent(['get'])(run)
  Object.assign(run.known, readRows(run.dataDir, 'SELECT id AS chainId, subject_id AS alertId FROM chain')[0])
}

/** A file that is in quarantine. */
export async function contained(run: Run): Promise<void> {
  await sent(['quarantine'])(run)
  Object.assign(run.known, readRows(run.dataDir, 'SELECT id AS attemptId FROM attempt')[0])
}
