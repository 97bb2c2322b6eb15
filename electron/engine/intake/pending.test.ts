import { afterEach, describe, expect, it } from 'vitest'
import { delivery, jsonOf } from '../../../tests/fakes/delivery.ts'
import { FakeClock } from '../../../tests/fakes/ports.ts'
import { startDesk, type TestDesk } from '../../../tests/security/receiver-kit.ts'
import type { IntakeAnswer } from './intake-answer.ts'

let desk: TestDesk
afterEach(() => desk.close())

function outcomes(): string[] {
  return desk.store.db.prepare('SELECT outcome FROM event ORDER BY seq').pluck().all() as string[]
}

describe('a slow evaluation', () => {
  it('has its event stored as pending first, and finishes it in a second commit', async () => {
    desk = await startDesk({ clock: new FakeClock() })
    const clock = clockOf()
    const release = holdEvaluation()
    const answering = desk.intake.receive(delivery())
    clock.advance(50)
    await expect.poll(outcomes).toEqual(['pending'])
    expect(desk.rows('alert')).toBe(0)
    release()
    expect(jsonOf(await answering)).toMatchObject({ alerts: [{ title: 'open' }] })
    expect(outcomes()).toEqual(['alerts'])
  })

  it('of malformed text stores nothing', async () => {
    desk = await startDesk({ clock: new FakeClock() })
    const clock = clockOf()
    const release = holdEvaluation()
    const answering = desk.intake.receive(delivery({ body: '{"a":' }))
    clock.advance(50)
    release()
    expect(await answering).toMatchObject({ kind: 'refused', status: 400, code: 'malformed_json' })
    expect(desk.rows('event')).toBe(0)
  })

  it('that a crash ended is made up for at the next start, once', async () => {
    desk = await startDesk({ clock: new FakeClock() })
    const clock = clockOf()
    holdEvaluation()
    void desk.intake.receive(delivery({ deliveryId: 'd-1' }))
    void desk.intake.receive(delivery({ schema: 'unknown' }))
    clock.advance(50)
    await expect.poll(outcomes).toContain('pending')
    desk.policy.evaluate = evaluateReal
    await desk.intake.recover()
    expect(outcomes().sort()).toEqual(['alerts', 'no_policy'])
    expect(desk.rows('alert')).toBe(1)
    const open = desk.store.db.prepare('SELECT code FROM problem WHERE resolved_at IS NULL').pluck().all()
    expect(open).toEqual(['no_policy'])
    await desk.intake.recover()
    expect(desk.rows('alert')).toBe(1)
  })

  it('that ends the process again is left for the analyst', async () => {
    desk = await startDesk({ clock: new FakeClock() })
    const clock = clockOf()
    holdEvaluation()
    void desk.intake.receive(delivery())
    clock.advance(50)
    await expect.poll(outcomes).toEqual(['pending'])
    void desk.intake.recover()
    await expect.poll(() => desk.rows('problem')).toBe(1)
    desk.policy.evaluate = evaluateReal
    await desk.intake.recover()
    expect(outcomes()).toEqual(['problem'])
    const id = desk.store.db.prepare('SELECT id FROM problem').pluck().get() as string
    expect(await desk.intake.reprocess(id)).toEqual({ processed: 1, deleted: 0, alerts: 1, isResolved: true })
    expect(outcomes()).toEqual(['alerts'])
  })

  describe('whose outcome cannot be stored', () => {
    /** An event that is pending when the store stops taking anything. @returns its answer */
    async function unsettled(): Promise<IntakeAnswer> {
      desk = await startDesk({ clock: new FakeClock() })
      const release = holdEvaluation()
      const answering = desk.intake.receive(delivery({ deliveryId: 'd-1' }))
      clockOf().advance(50)
      await expect.poll(outcomes).toEqual(['pending'])
      desk.store.db.pragma('query_only = ON')
      release()
      return answering
    }

    it('is acknowledged, and made up for once when the store takes it again', async () => {
      expect(jsonOf(await unsettled())).toEqual({
        event_id: desk.store.db.prepare('SELECT id FROM event').pluck().get(),
        problem: expect.objectContaining({ id: '', code: 'evaluation_pending' }) as unknown,
      })
      clockOf().advance(5000)
      await expect.poll(() => desk.log.lines.filter(({ message }) => message === 'A commit failed').length).toBe(2)
      expect(outcomes()).toEqual(['pending'])
      desk.store.db.pragma('query_only = OFF')
      await expect
        .poll(() => {
          clockOf().advance(5000)
          return outcomes()
        })
        .toEqual(['alerts'])
      clockOf().advance(60_000)
      await desk.intake.recover()
      expect([desk.rows('event'), desk.rows('alert'), desk.alertIds.length]).toEqual([1, 1, 1])
      expect(jsonOf(await desk.intake.receive(delivery({ deliveryId: 'd-1' })))).toMatchObject({
        alerts: [{ title: 'open' }],
      })
      expect(desk.rows('alert')).toBe(1)
    })

    it('is left alone when a start has made up for it already', async () => {
      await unsettled()
      desk.store.db.pragma('query_only = OFF')
      await desk.intake.recover()
      expect(outcomes()).toEqual(['alerts'])
      clockOf().advance(5000)
      await new Promise(setImmediate)
      expect([desk.rows('alert'), desk.rows('decision')]).toEqual([1, 1])
    })
  })

  let evaluateReal: TestDesk['policy']['evaluate']

  /** Keeps evaluations from returning until the function that it returns is called. */
  function holdEvaluation(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    evaluateReal = desk.policy.evaluate.bind(desk.policy)
    desk.policy.evaluate = async (request) => {
      await promise
      return evaluateReal(request)
    }
    return resolve
  }

  function clockOf(): FakeClock {
    return desk.clock as FakeClock
  }
})
