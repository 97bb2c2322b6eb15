import type { OutgoingRequest } from '../../http/request.ts'
import { textOf, type StandIn, type StandInAnswer } from '../stand-in.ts'
import { accessKey, instance, networkAcl, role, type AwsTarget } from './aws-targets.ts'

const FAMILIES: Readonly<Record<string, (uses: string, args: Parameters<StandIn['open']>[0]['args']) => AwsTarget>> = {
  'aws.quarantine_instance': instance,
  'aws.release_instance': instance,
  'aws.stop_instance': instance,
  'aws.start_instance': instance,
  'aws.disable_access_key': accessKey,
  'aws.enable_access_key': accessKey,
  'aws.deny_role_sessions': role,
  'aws.allow_role_sessions': role,
  'aws.block_ip': networkAcl,
  'aws.unblock_ip': networkAcl,
}

/** Looks, and what goes with an isolation and isolates nothing. */
const BESIDE = /^(Describe|Get|List)|^(CreateSnapshots|CreateTags|DeleteTags)$/

const INSTANCE = 'i-0123456789abcdef0'
const TARGETS: Readonly<Record<string, Record<string, string>>> = {
  'aws.disable_access_key': { user_name: 'stand-in', key_id: 'AKIASTANDINSTANDIN00' },
  'aws.enable_access_key': { user_name: 'stand-in', key_id: 'AKIASTANDINSTANDIN00' },
  'aws.deny_role_sessions': { role_name: 'stand-in' },
  'aws.allow_role_sessions': { role_name: 'stand-in' },
  'aws.block_ip': { network_acl_id: 'acl-0123456789abcdef0', cidr: '203.0.113.7' },
  'aws.unblock_ip': { network_acl_id: 'acl-0123456789abcdef0', cidr: '203.0.113.7' },
}

/** Amazon EC2 and IAM by AWS's query protocol: one target of the action, whose changes show at once. */
export const aws: StandIn = {
  uses: Object.keys(FAMILIES),
  service: 'AWS',
  args: (uses, secret) => ({
    region: 'eu-central-1',
    access_key_id: 'AKIASTANDINSTANDIN01',
    secret_access_key: secret,
    ...(TARGETS[uses] ?? { instance_id: INSTANCE }),
    ...(uses === 'aws.release_instance' ? { groups: { 'eni-00000000000000001': ['sg-0000000000000000a'] } } : {}),
  }),
  open({ uses, args }) {
    const target = (FAMILIES[uses] ?? instance)(uses, args)
    const made: string[] = []
    return {
      args,
      made: () => made,
      changeElsewhere: target.changeElsewhere,
      http: {
        changes: (request) => !BESIDE.test(actionOf(request)),
        answer(request) {
          const form = new URLSearchParams(textOf(request))
          const action = actionOf(request)
          const done = target.change(action, form)
          if (done !== null) made.push(done)
          return answerOf(action, target.read(action))
        },
      },
    }
  },
}

function actionOf(request: OutgoingRequest): string {
  return new URLSearchParams(textOf(request)).get('Action') ?? ''
}

/** IAM puts a result into an element of its own; EC2 does not, and passes over it. */
function answerOf(action: string, content: string | null): StandInAnswer {
  const headers = { 'content-type': 'text/xml' }
  if (content === null) {
    const error = '<Error><Code>NoSuchEntity</Code><Message>There is none.</Message></Error>'
    return { status: 404, headers, body: `<ErrorResponse>${error}</ErrorResponse>` }
  }
  const result = `<${action}Result>${content}</${action}Result>`
  return { status: 200, headers, body: `<${action}Response>${content}${result}</${action}Response>` }
}
