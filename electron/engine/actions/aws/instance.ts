import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { ReadContext, Reading } from '../action-definition.ts'
import type { Account } from './aws-args.ts'
import { ec2, isMissing, type AwsClient } from './aws-client.ts'

/** Of EC2's `Instance`, what is read. */
const instancesSchema = z.object({
  Reservations: z
    .array(
      z.object({
        Instances: z.array(
          z.object({
            InstanceId: z.string(),
            State: z.object({ Name: z.string() }),
            Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
          }),
        ),
      }),
    )
    .default([]),
})

type InstanceArgs = Account & { instance_id: string }

export interface Instance {
  /** `running`, `stopped`, … */
  status: string
  tags: ReadonlyMap<string, string>
}

/** @throws HttpFailure, TocsinError `target_missing`, `bad_answer` */
export async function readInstance(client: AwsClient, args: InstanceArgs, context: ReadContext): Promise<Instance> {
  const call = ec2('DescribeInstances', { InstanceIds: [args.instance_id] })
  const { Reservations: found } = await client.ask(call, instancesSchema, args, context).catch((error: unknown) => {
    throw isMissing(error) ? missing(args) : error
  })
  const [instance] = found.flatMap(({ Instances }) => Instances)
  if (instance === undefined || instance.InstanceId !== args.instance_id) throw missing(args)
  return {
    status: instance.State.Name,
    tags: new Map(instance.Tags.map(({ Key, Value }) => [Key, Value])),
  }
}

/** @returns what a person wants to know of it beside its state */
export function instanceRows({ instance_id: id, region }: InstanceArgs, tags: Instance['tags']): Reading['rows'] {
  const name = tags.get('Name') ?? ''
  return [
    { key: 'Instance', value: id },
    // A row of its own: by this name it may be protected.
    ...(name === '' ? [] : [{ key: 'Name', value: name }]),
    { key: 'Region', value: region },
  ]
}

function missing({ instance_id: id, region }: InstanceArgs): TocsinError {
  return new TocsinError('target_missing', `EC2 knows no instance ${id} in ${region} that this key may see.`)
}
