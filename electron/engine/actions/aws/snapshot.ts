import { z } from 'zod'
import type { RunContext } from '../action-definition.ts'
import type { Account } from './aws-args.ts'
import { ec2, type AwsCall, type AwsClient, type AwsRequest } from './aws-client.ts'
import { sentOrDone } from './surely.ts'

/** One that is younger is of the same isolation: an attempt that goes on after a crash makes none again. */
const SAME_ATTEMPT_MS = 15 * 60_000

const snapshotsSchema = z.object({
  Snapshots: z.array(z.object({ SnapshotId: z.string(), StartTime: z.date() })).default([]),
})

/** @returns the request for a snapshot of every EBS volume of the instance, all of one moment */
export function snapshotRequest(id: string): AwsCall {
  const input = { InstanceSpecification: { InstanceId: id }, Description: descriptionOf(id) }
  return ec2('CreateSnapshots', input)
}

/**
 * EC2 has no token that makes a second request the same as the first: a snapshot that the desk has just made of this
 * instance is looked for before, and after an answer that was lost.
 */
export async function snapshotOnce(
  { client, now }: { client: AwsClient; now: () => number },
  request: AwsRequest,
  args: Account & { instance_id: string },
  context: RunContext,
): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const input = {
      OwnerIds: ['self'],
      Filters: [{ Name: 'description', Values: [descriptionOf(args.instance_id)] }],
    }
    const call = ec2('DescribeSnapshots', input)
    const { Snapshots: found } = await client.ask(call, snapshotsSchema, args, context)
    return found.some(({ StartTime }) => now() - StartTime.getTime() < SAME_ATTEMPT_MS)
  }
  if (await isThere()) return
  await sentOrDone(() => client.send(request, args, context), isThere, context)
}

function descriptionOf(id: string): string {
  return `Tocsin: before the isolation of ${id}`
}
