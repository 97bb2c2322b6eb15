import type { Action } from '../action-definition.ts'
import type { HttpRequest } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { DEFENDER, defenderArgs, machineId, type DefenderArgs, type DefenderClient } from './defender-client.ts'
import { isolationStanding } from './isolation-state.ts'

const COMMENT = 'Released by Tocsin (defender.release_machine)'

/** Gives an isolated machine its network back: the inverse of `defender.isolate_machine`. */
export function defenderReleaseMachine(client: DefenderClient): Action {
  return defineContainment<DefenderArgs, HttpRequest>({
    who: DEFENDER,
    args: defenderArgs,
    secretArgs: ['secret_client_secret'],
    uses: 'defender.release_machine',
    lockedArgs: ['tenant_id', 'machine_id'],
    undo: null,
    noUndo: 'It is the way back: to isolate the machine again is another isolation.',
    title: (args) => `Release machine ${machineId(args)} from its isolation by Microsoft Defender`,
    target: machineId,
    effectSentence: () => 'The machine reaches its network again.',
    read: (args, context) => client.read(args, context),
    standing: (state, _args, before) => isolationStanding(state, { verb: 'Unisolate', isolation: '' }, before),
    requests: (_args, { id }) => [client.request('unisolate', id, { Comment: COMMENT })],
    send: (args, request, context) => client.send(args, request, context),
  })
}
