import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Clock } from '../../ports/ports.ts'
import type { Action } from '../action-definition.ts'
import type { Standing } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { ACCOUNT_SECRETS, accountArgs, GROUP_ID, instanceId, INTERFACE_ID } from './aws-args.ts'
import { awsRequest, ec2, type AwsClient } from './aws-client.ts'
import { isolationState, readIsolation, tagArg, tagOf, type IsolationState } from './isolation.ts'
import { isPartlyMade, moveRequest, sendIsolating, tagRequest, type IsolationRequest } from './isolation-requests.ts'

const releaseArgs = z.strictObject({
  ...accountArgs,
  instance_id: instanceId,
  groups: z
    .record(z.string().regex(INTERFACE_ID), z.array(z.string().regex(GROUP_ID)).min(1).max(16))
    .optional()
    .describe('The security groups that each interface gets: `before.groups` of the isolation’s result'),
  tag: tagArg.optional().describe('The tag that the isolation gave'),
  tag_before: z.string().nullable().optional().describe('What that tag was before; `null`: it is removed'),
})
type ReleaseArgs = z.infer<typeof releaseArgs>

/** Gives the interfaces of an isolated instance their security groups back: the inverse of `aws.quarantine_instance`. */
export function awsReleaseInstance(client: AwsClient, clock: Clock): Action {
  return defineContainment<ReleaseArgs, IsolationRequest>({
    uses: 'aws.release_instance',
    who: 'AWS',
    args: releaseArgs,
    secretArgs: ACCOUNT_SECRETS,
    lockedArgs: ['region', 'instance_id', 'groups', 'tag', 'tag_before'],
    undo: null,
    noUndo: 'It is the way back: to isolate the instance again is another containment.',
    title: ({ instance_id: id }) => `Release instance ${id} in AWS`,
    target: ({ instance_id: id }) => id,
    effectSentence: () => 'Its network interfaces have the security groups again that they had before the isolation.',
    read: (args, context) => readIsolation(client, args, context),
    standing: (state, args) => standingOf(isolationState.parse(state), args),
    isPartly: (planned, present, args) =>
      isPartlyMade(isolationState.parse(planned), isolationState.parse(present), {
        isMade: (eni, groups) => isDeepStrictEqual(groups, wanted(args, eni)),
        tag: args.tag_before ?? null,
      }),
    requests: (args, reading) => requestsOf(args, isolationState.parse(reading.state)),
    send: (args, request, context) =>
      sendIsolating({ client, now: () => clock.now() }, args, request, (state) => requestsOf(args, state), context),
  })
}

function wanted({ groups = {} }: ReleaseArgs, eni: string): readonly string[] {
  return [...(groups[eni] ?? [])].sort()
}

function standingOf(state: IsolationState, args: ReleaseArgs): Standing {
  if (args.groups === undefined) {
    return {
      is: 'barred',
      why: 'Nobody says which security groups the interfaces had: give groups, as before.groups of the result of aws.quarantine_instance has them, or undo the isolation where it was done',
    }
  }
  const isolating = Object.values(state.isolation).flatMap((group) => group?.group ?? [])
  for (const eni of Object.keys(args.groups)) {
    const present = state.groups[eni]
    if (present === undefined) return { is: 'barred', why: `${eni} is not an interface of the instance any more` }
    const isIsolated = present.length === 1 && isolating.includes(present[0] ?? '')
    if (isIsolated || isDeepStrictEqual(present, wanted(args, eni))) continue
    return {
      is: 'barred',
      why: `${eni} is in ${present.join(', ')}, neither isolated nor as it was before: somebody changed it`,
    }
  }
  return requestsOf(args, state).length === 0 ? { is: 'so' } : { is: 'open' }
}

function requestsOf(args: ReleaseArgs, state: IsolationState): IsolationRequest[] {
  const moves = Object.keys(args.groups ?? {})
    .filter((eni) => !isDeepStrictEqual(state.groups[eni], wanted(args, eni)))
    .map((eni) => moveRequest(eni, wanted(args, eni)))
  return [...moves, ...tagRequests(args, state)]
}

/** Nothing for a tag that has another value by now: that is somebody else's. */
function tagRequests(
  { instance_id: id, tag: text, tag_before: was = null }: ReleaseArgs,
  state: IsolationState,
): IsolationRequest[] {
  if (text === undefined) return []
  const tag = tagOf(text)
  if (state.tag !== tag.Value || state.tag === was) return []
  if (was !== null) return [tagRequest(id, { ...tag, Value: was })]
  const input = { Resources: [id], Tags: [tag] }
  return [{ ...awsRequest(ec2('DeleteTags', input)), of: id }]
}
