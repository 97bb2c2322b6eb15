import { HttpFailure } from '../../http/http-failure.ts'
import type { RunContext } from '../action-definition.ts'
import { AwsRefusal } from './aws-client.ts'

/** Waits between looks after an answer was lost: EC2 shows a change within seconds. */
const LOOK_DELAYS_MS = [0, 1000, 3000]

/** Waits while a security group that was just made is not known everywhere (EC2, "Eventual consistency"). */
const NEW_GROUP_DELAYS_MS = [1000, 2000, 4000]

/**
 * Sends one of several requests, so that a lost answer does not keep the rest from being sent: the target is looked at, and
 * when it is as the request makes it the next one follows.
 * @param isDone a look at the target
 * @throws what `step` threw, where the target does not show that it was carried out
 */
export async function sentOrDone(
  step: () => Promise<unknown>,
  isDone: () => Promise<boolean>,
  context: RunContext,
): Promise<void> {
  try {
    await step()
  } catch (error) {
    if (!isLost(error)) throw error
    if (!(await isSeen(isDone, context))) throw error
  }
}

/** False also where nobody can look: what is known then is that the answer was lost. */
async function isSeen(isDone: () => Promise<boolean>, context: RunContext): Promise<boolean> {
  try {
    for (const delayMs of LOOK_DELAYS_MS) {
      await context.wait(delayMs)
      if (await isDone()) return true
    }
    return false
  } catch {
    return false
  }
}

/** Tries again while EC2 does not know a group that it has just made. */
export async function onceKnown<T>(step: () => Promise<T>, context: RunContext): Promise<T> {
  for (const delayMs of NEW_GROUP_DELAYS_MS) {
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof AwsRefusal) || error.reason !== 'InvalidGroup.NotFound') throw error
      await context.wait(delayMs)
    }
  }
  return step()
}

/** The request has left, and what came back says neither yes nor no. */
function isLost(error: unknown): boolean {
  if (!(error instanceof HttpFailure) || !error.hasLeft) return false
  return error.status === null || error.status < 300 || error.status >= 500
}
