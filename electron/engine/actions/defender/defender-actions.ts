import type { Action } from '../action-definition.ts'
import { DefenderClient, type DefenderParts } from './defender-client.ts'
import { defenderIsolateMachine } from './isolate-machine.ts'
import { defenderReleaseMachine } from './release-machine.ts'

/** What isolates a machine by Microsoft Defender, and takes it back. */
export function defenderActions(parts: DefenderParts): Action[] {
  const client = new DefenderClient(parts)
  return [defenderIsolateMachine(client), defenderReleaseMachine(client)]
}
