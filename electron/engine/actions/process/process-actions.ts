import type { Clock } from '../../ports/ports.ts'
import type { Action } from '../action-definition.ts'
import { processStop } from './process-stop.ts'

/** What is done to processes of this computer. */
export function processActions(clock: Clock): Action[] {
  return [processStop(clock)]
}
