import { FakeRemote, type Received, type Reply } from '../fake-remote.ts'
import { ec2World, type Ec2World } from './ec2-world.ts'
import { EC2_CHANGES, ec2Answer } from './fake-ec2.ts'
import { IAM_CHANGES, iamAnswer, iamWorld, type IamWorld } from './fake-iam.ts'
import { checkSignature, Refusal, refused, xml } from './query-protocol.ts'

export const AWS_KEY = 'AKIADESKDESKDESKDESK'
export const AWS_REGION = 'eu-central-1'

export interface FakeAws {
  remote: FakeRemote
  ec2: Ec2World
  iam: IamWorld
  /** The operations with an effect that were carried out. */
  changes: string[]
}

/** The path by which steps and counts name an operation. */
export function operation(name: string): string {
  return `/${name}`
}

/**
 * Amazon EC2 and IAM by AWS's query protocol, as their API references describe it: a signed POST of a form to `/`. It checks
 * the signature (Signature Version 4) by the secret, and takes no operation, version or field that is not in its tables, and
 * none without a field that the model requires.
 */
export async function startFakeAws(secret: string): Promise<FakeAws> {
  const [ec2, iam] = [ec2World(), iamWorld()]
  const changes: string[] = []
  const secrets = new Map([[AWS_KEY, secret]])
  const answer = (call: Received): Reply => {
    const form = new URLSearchParams(call.body)
    const action = form.get('Action') ?? ''
    const service = / Credential=[^/]+\/\d+\/[^/]+\/iam\//.test(` ${call.headers['authorization']}`) ? 'iam' : 'ec2'
    try {
      const { region } = checkSignature(call, secrets)
      if (region !== AWS_REGION)
        throw new Refusal(403, 'SignatureDoesNotMatch', 'Credential should be scoped to a valid region')
      const body = service === 'iam' ? iamAnswer(action, form, iam) : ec2Answer(action, form, ec2)
      if ([...EC2_CHANGES, ...IAM_CHANGES].includes(action)) changes.push(action)
      return xml(body)
    } catch (error) {
      if (error instanceof Refusal) return refused(service, error)
      throw error
    }
  }
  const remote = await FakeRemote.start({
    service: answer,
    nameOf: ({ body }) => operation(new URLSearchParams(body).get('Action') ?? ''),
  })
  return { remote, ec2, iam, changes }
}
