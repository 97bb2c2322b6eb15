import { z } from 'zod'
import type { Action } from '../action-definition.ts'
import type { HttpRequest } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { DEFENDER, defenderArgs, machineId, type DefenderClient } from './defender-client.ts'
import { isolationStanding } from './isolation-state.ts'

const isolateArgs = defenderArgs.extend({
  isolation: z
    .enum(['Full', 'Selective'])
    .optional()
    .describe(
      '`Selective` leaves Outlook, Teams and Skype for Business their connections (Windows only); `Full` unless told',
    ),
})
type IsolateArgs = z.infer<typeof isolateArgs>

const COMMENT = 'Isolated by Tocsin (defender.isolate_machine)'

/** Cuts a machine off from the network by its Defender sensor. */
export function defenderIsolateMachine(client: DefenderClient): Action {
  return defineContainment<IsolateArgs, HttpRequest>({
    who: DEFENDER,
    args: isolateArgs,
    secretArgs: ['secret_client_secret'],
    uses: 'defender.isolate_machine',
    lockedArgs: ['tenant_id'],
    undo: {
      uses: 'defender.release_machine',
      sentence: 'Gives the machine back its network, unless its isolation was changed since. Asks again.',
    },
    title: (args) =>
      `Isolate machine ${machineId(args)} by Microsoft Defender${isolationOf(args) === 'Full' ? '' : ' (selectively)'}`,
    target: machineId,
    effectSentence: (args) =>
      isolationOf(args) === 'Full'
        ? 'The machine reaches nothing but Defender’s cloud; connections break. It keeps running, and its user is told.'
        : 'The machine reaches nothing but Defender’s cloud and what Outlook, Teams and Skype for Business need; other connections break.',
    read: (args, context) => client.read(args, context),
    standing: (state, args, before) =>
      isolationStanding(state, { verb: 'Isolate', isolation: isolationOf(args) }, before),
    requests: (args, { id }) => [client.request('isolate', id, { Comment: COMMENT, IsolationType: isolationOf(args) })],
    send: (args, request, context) => client.send(args, request, context),
    inverse: ({ isolation: _isolation, ...args }) => ({
      uses: 'defender.release_machine',
      args: { ...args, machine_id: machineId(args) },
    }),
  })
}

function isolationOf({ isolation = 'Full' }: IsolateArgs): string {
  return isolation
}
