import { expect } from 'vitest'
import type { TestDesk, WireAnswer } from './receiver-kit.ts'

/** Expects a refusal with this code, and that it stored nothing. */
export async function refusalOf(
  desk: TestDesk,
  sending: Promise<WireAnswer | null>,
  { status, code }: { status: number; code: string },
): Promise<WireAnswer> {
  const stored = (): number[] => [desk.rows('event'), desk.rows('problem')]
  const before = stored()
  const answer = await sending
  expect(answer).toMatchObject({ status, json: { error: expect.any(String) as string, code } })
  expect(answer?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  expect(stored()).toEqual(before)
  return answer!
}
