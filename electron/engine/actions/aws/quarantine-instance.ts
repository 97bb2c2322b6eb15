import { z } from 'zod'
import type { Clock } from '../../ports/ports.ts'
import type { Action } from '../action-definition.ts'
import type { Standing } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { ACCOUNT_SECRETS, accountArgs, accountOf, instanceId } from './aws-args.ts'
import type { AwsClient } from './aws-client.ts'
import {
  isIsolated,
  isNewGroup,
  ISOLATION_GROUP,
  isolationState,
  readIsolation,
  tagArg,
  tagOf,
  vpcsOf,
  type IsolationState,
} from './isolation.ts'
import {
  isolationRequests,
  isPartlyMade,
  sendIsolating,
  type IsolationRequest,
  type QuarantineArgs,
} from './isolation-requests.ts'

const quarantineArgs = z.strictObject({
  ...accountArgs,
  instance_id: instanceId,
  snapshot: z.boolean().optional().describe('`true`: a snapshot of all its EBS volumes is started first'),
  tag: tagArg.optional().describe('A tag that the instance gets, `key` or `key=value`'),
})

const resultSchema = z.object({ before: isolationState })

/** Moves every network interface of an EC2 instance into a security group without rules. */
export function awsQuarantineInstance(client: AwsClient, clock: Clock): Action {
  return defineContainment<QuarantineArgs, IsolationRequest>({
    uses: 'aws.quarantine_instance',
    who: 'AWS',
    args: quarantineArgs,
    secretArgs: ACCOUNT_SECRETS,
    lockedArgs: ['region'],
    undo: {
      uses: 'aws.release_instance',
      sentence:
        'Gives each interface back the security groups that it had, unless they were changed since. A snapshot stays. Asks again.',
    },
    title: ({ instance_id: id }) => `Isolate instance ${id} in AWS`,
    target: ({ instance_id: id }) => id,
    effectSentence: effectOf,
    read: (args, context) => readIsolation(client, args, context),
    standing: (state, args) => standingOf(isolationState.parse(state), args),
    isPartly(planned, present, args) {
      const state = isolationState.parse(present)
      const groups = Object.values(state.isolation).flatMap((group) => group?.group ?? [])
      return isPartlyMade(isolationState.parse(planned), state, {
        isMade: (_eni, own) => own.length === 1 && groups.includes(own[0] ?? ''),
        tag: args.tag === undefined ? undefined : tagOf(args.tag).Value,
      })
    },
    requests: (args, reading) => isolationRequests(args, isolationState.parse(reading.state), vpcsOf(reading)),
    send: (args, request, context) =>
      sendIsolating(
        { client, now: () => clock.now() },
        args,
        request,
        (...now) => isolationRequests(args, ...now),
        context,
      ),
    inverse(args, result) {
      const done = resultSchema.safeParse(result)
      if (!done.success) return null
      const { groups, tag: tagBefore = null } = done.data.before
      const tag = args.tag === undefined ? {} : { tag: args.tag, tag_before: tagBefore }
      return {
        uses: 'aws.release_instance',
        args: { ...accountOf(args), instance_id: args.instance_id, groups, ...tag },
      }
    },
  })
}

function effectOf({ snapshot, tag }: QuarantineArgs): string {
  const sentences = [
    snapshot === true ? 'A snapshot of its EBS volumes is started first.' : '',
    `All its network interfaces go into the security group ${ISOLATION_GROUP}, which has no rules: nothing new comes in or goes out.`,
    'Connections that stand may last until they time out. It keeps running.',
    tag === undefined ? '' : `It gets the tag ${tag}.`,
  ]
  return sentences.filter((sentence) => sentence !== '').join(' ')
}

function standingOf(state: IsolationState, { tag }: QuarantineArgs): Standing {
  if (Object.keys(state.groups).length === 0) return { is: 'barred', why: 'The instance has no network interface' }
  for (const [vpc, group] of Object.entries(state.isolation)) {
    if (group === null || group.rules.length === 0 || isNewGroup(group)) continue
    const rules = group.rules.join(', ')
    return {
      is: 'barred',
      why: `Somebody has given the group ${ISOLATION_GROUP} (${group.group} in ${vpc}) rules, so that it isolates nothing (${rules}): remove them first`,
    }
  }
  const isTagged = tag === undefined || state.tag === tagOf(tag).Value
  return isIsolated(state) && isTagged ? { is: 'so' } : { is: 'open' }
}
