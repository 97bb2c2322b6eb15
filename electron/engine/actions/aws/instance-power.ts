import { z } from 'zod'
import type { Action } from '../action-definition.ts'
import type { Containment, Standing } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { said } from '../../forms/said.ts'
import { ACCOUNT_SECRETS, accountArgs, accountOf, instanceId } from './aws-args.ts'
import { awsRequest, ec2, type AwsClient, type AwsRequest } from './aws-client.ts'
import { instanceRows, readInstance } from './instance.ts'

const powerArgs = z.strictObject({ ...accountArgs, instance_id: instanceId })
type PowerArgs = z.infer<typeof powerArgs>

/** Stops an EC2 instance: what its memory holds is lost, its EBS volumes stay. */
export function awsStopInstance(client: AwsClient): Action {
  return defineContainment<PowerArgs, AwsRequest>({
    ...power(client, 'StopInstances', { from: 'running', by: 'stopping', to: 'stopped' }),
    uses: 'aws.stop_instance',
    lockedArgs: ['region'],
    undo: {
      uses: 'aws.start_instance',
      sentence: 'Starts the instance again, unless it was changed since. What its memory held is gone. Asks again.',
    },
    title: ({ instance_id: id }) => `Stop instance ${id} in AWS`,
    effectSentence: () =>
      'The instance shuts down: what runs on it ends, its memory and instance stores are lost, its EBS volumes stay. A public address that is not an Elastic IP changes.',
    inverse: (args) => ({
      uses: 'aws.start_instance',
      args: { ...accountOf(args), instance_id: args.instance_id },
    }),
  })
}

/** Starts a stopped EC2 instance: the inverse of `aws.stop_instance`. */
export function awsStartInstance(client: AwsClient): Action {
  return defineContainment<PowerArgs, AwsRequest>({
    ...power(client, 'StartInstances', { from: 'stopped', by: 'pending', to: 'running' }),
    uses: 'aws.start_instance',
    lockedArgs: ['region', 'instance_id'],
    undo: null,
    noUndo: 'It is the way back: to stop the instance again is another containment.',
    title: ({ instance_id: id }) => `Start instance ${id} in AWS`,
    effectSentence: () => 'The instance boots from its volumes.',
  })
}

function power(
  client: AwsClient,
  operation: 'StopInstances' | 'StartInstances',
  { from, by, to }: { from: string; by: string; to: string },
): Pick<
  Containment<PowerArgs, AwsRequest>,
  'who' | 'args' | 'secretArgs' | 'target' | 'read' | 'standing' | 'requests' | 'send'
> {
  return {
    who: 'AWS',
    args: powerArgs,
    secretArgs: ACCOUNT_SECRETS,
    target: ({ instance_id: id }) => id,
    async read(args, context) {
      const { status, tags } = await readInstance(client, args, context)
      return { id: args.instance_id, state: { status }, rows: instanceRows(args, tags) }
    },
    standing({ status }): Standing {
      if (status === to) return { is: 'so' }
      if (status === by) return { is: 'coming' }
      if (status === from) return { is: 'open' }
      return { is: 'barred', why: `The instance is ${said(status)}, and only one that is ${from} can become ${to}` }
    },
    requests: ({ instance_id: id }) => [awsRequest(ec2(operation, { InstanceIds: [id] }))],
    send: async (args, request, context) => void (await client.send(request, args, context)),
  }
}
