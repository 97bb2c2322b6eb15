import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { Action, Reading } from '../action-definition.ts'
import type { Containment, Standing } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { ACCOUNT_SECRETS, accountArgs, accountOf, aclId } from './aws-args.ts'
import { awsRequest, ec2, type AwsClient, type AwsRequest } from './aws-client.ts'
import { canonicalCidr, cidrArg, isV6 } from './cidr.ts'
import { readAcl, type AclArgs, type NetworkAcl, type Way } from './network-acl.ts'
import { sentOrDone } from './surely.ts'

const blockArgs = z.strictObject({ ...accountArgs, network_acl_id: aclId, cidr: cidrArg })

const ruleNumber = z.int().min(1).max(32_766).nullable().optional()
const unblockArgs = z.strictObject({
  ...blockArgs.shape,
  rule_in: ruleNumber.describe(
    'Number of the inbound rule that goes; `null`: none. Without both every such rule of the range',
  ),
  rule_out: ruleNumber.describe('Number of the outbound rule that goes; `null`: none'),
})
type UnblockArgs = z.infer<typeof unblockArgs>

/** Rule numbers: of what denies the range inbound and outbound, null where nothing does. */
const stateSchema = z.object({ rule_in: z.number().nullable(), rule_out: z.number().nullable() })
type State = z.infer<typeof stateSchema>
const resultSchema = z.object({ before: stateSchema, after: stateSchema })

/** Denies a range in a network ACL, both ways, before any rule that allows something. */
export function awsBlockIp(client: AwsClient): Action {
  return defineContainment<AclArgs, AwsRequest>({
    ...ofAcl<AclArgs>(client, blockRequests),
    uses: 'aws.block_ip',
    args: blockArgs,
    lockedArgs: ['region'],
    undo: {
      uses: 'aws.unblock_ip',
      sentence: 'Removes the rules that were made, unless they were changed since. Asks again.',
    },
    title: (args) => `Block ${canonicalCidr(args.cidr)} in network ACL ${args.network_acl_id}`,
    effectSentence: () =>
      'Nothing passes between the subnets of the network ACL and the range, either way; connections break at once. Inside one subnet it changes nothing.',
    // The numbers are part of the target: when another rule has taken one by then, nothing is sent.
    async read(args, context) {
      const acl = await readAcl(client, args, context)
      const [incoming, outgoing] = [acl.in, acl.out].map(numberOf)
      return { ...readingOf(args, acl), id: `${args.network_acl_id} rules ${incoming} in, ${outgoing} out` }
    },
    standing(state): Standing {
      const { rule_in: incoming, rule_out: outgoing } = stateSchema.parse(state)
      return incoming !== null && outgoing !== null ? { is: 'so' } : { is: 'open' }
    },
    inverse(args, result) {
      const done = resultSchema.safeParse(result)
      if (!done.success) return null
      const { before, after } = done.data
      const { network_acl_id, cidr } = args
      const own = (name: keyof State): number | null => (before[name] === null ? after[name] : null)
      return {
        uses: 'aws.unblock_ip',
        args: { ...accountOf(args), network_acl_id, cidr, rule_in: own('rule_in'), rule_out: own('rule_out') },
      }
    },
  })
}

/** Removes the rules that deny a range: the inverse of `aws.block_ip`. */
export function awsUnblockIp(client: AwsClient): Action {
  return defineContainment<UnblockArgs, AwsRequest>({
    ...ofAcl<UnblockArgs>(client, unblockRequests),
    uses: 'aws.unblock_ip',
    args: unblockArgs,
    lockedArgs: ['region', 'network_acl_id', 'cidr', 'rule_in', 'rule_out'],
    undo: null,
    noUndo: 'It is the way back: to block the range again is another containment.',
    title: (args) => `Unblock ${canonicalCidr(args.cidr)} in network ACL ${args.network_acl_id}`,
    effectSentence: () => 'What the other rules of the network ACL allow passes again.',
    read: async (args, context) => readingOf(args, await readAcl(client, args, context)),
    standing: (state, args) =>
      unblockRequests(args, stateSchema.parse(state)).length === 0 ? { is: 'so' } : { is: 'open' },
  })
}

function ofAcl<Args extends AclArgs>(
  client: AwsClient,
  requestsOf: (args: Args, state: State, acl: NetworkAcl) => AwsRequest[],
): Pick<
  Containment<Args, AwsRequest>,
  'who' | 'secretArgs' | 'target' | 'targetKey' | 'targets' | 'isPartly' | 'requests' | 'send'
> {
  return {
    who: 'AWS',
    secretArgs: ACCOUNT_SECRETS,
    target: ({ cidr }) => canonicalCidr(cidr),
    targets: ({ cidr }) => [canonicalCidr(cidr)],
    targetKey: (args) => `${args.network_acl_id} ${canonicalCidr(args.cidr)}`,
    // One of the two ways is done, the other is as it was.
    isPartly(planned, present) {
      const [was, is] = [stateSchema.parse(planned), stateSchema.parse(present)]
      return [was.rule_in === is.rule_in, was.rule_out === is.rule_out].includes(true)
    },
    requests: (args, reading) => requestsOf(args, stateSchema.parse(reading.state), aclOf(reading)),
    send(args, request, context) {
      const isDone = async (): Promise<boolean> => {
        const acl = await readAcl(client, args, context)
        const left = requestsOf(args, stateOf(acl), acl)
        return !left.some(({ input }) => input['Egress'] === request.input['Egress'])
      }
      return sentOrDone(() => client.send(request, args, context), isDone, context)
    },
  }
}

type AclReading = Reading & { acl: NetworkAcl }

function readingOf(args: AclArgs, acl: NetworkAcl): AclReading {
  return {
    id: args.network_acl_id,
    state: stateOf(acl),
    rows: [
      { key: 'Network ACL', value: args.network_acl_id },
      { key: 'VPC', value: acl.vpc },
      { key: 'Region', value: args.region },
      { key: 'Subnets', value: acl.subnets.length === 0 ? 'none' : acl.subnets.join(', ') },
      { key: 'Range', value: canonicalCidr(args.cidr) },
    ],
    acl,
  }
}

/** Of what `readingOf` has made. */
function aclOf(reading: Reading): NetworkAcl {
  // The frame hands on the reading as it was made.
  return (reading as AclReading).acl
}

function stateOf(acl: NetworkAcl): State {
  return { rule_in: acl.in.denied, rule_out: acl.out.denied }
}

/** @throws TocsinError `target_barred` */
function numberOf({ denied, free }: Way): number {
  const number = denied ?? free
  if (number !== null) return number
  throw new TocsinError(
    'target_barred',
    'The network ACL has no free rule number before its first rule that allows something: give that one a higher number.',
  )
}

function blockRequests(args: AclArgs, state: State, acl: NetworkAcl): AwsRequest[] {
  const cidr = canonicalCidr(args.cidr)
  const request = (way: Way, isEgress: boolean): AwsRequest =>
    awsRequest(
      ec2('CreateNetworkAclEntry', {
        NetworkAclId: args.network_acl_id,
        RuleNumber: numberOf(way),
        Protocol: '-1',
        RuleAction: 'deny',
        Egress: isEgress,
        ...(isV6(cidr) ? { Ipv6CidrBlock: cidr } : { CidrBlock: cidr }),
      }),
    )
  return [
    ...(state.rule_in === null ? [request(acl.in, false)] : []),
    ...(state.rule_out === null ? [request(acl.out, true)] : []),
  ]
}

function unblockRequests(args: UnblockArgs, state: State): AwsRequest[] {
  const isAll = args.rule_in === undefined && args.rule_out === undefined
  const request = (number: number | null, asked: number | null | undefined, isEgress: boolean): AwsRequest[] =>
    number === null || !(isAll || asked === number)
      ? []
      : [
          awsRequest(
            ec2('DeleteNetworkAclEntry', { NetworkAclId: args.network_acl_id, RuleNumber: number, Egress: isEgress }),
          ),
        ]
  return [...request(state.rule_in, args.rule_in, false), ...request(state.rule_out, args.rule_out, true)]
}
