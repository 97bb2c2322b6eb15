import { sign } from 'node:crypto'
import type { SnsGet } from '../../electron/engine/receiver/sns-certificates.ts'
import { makeCertificate, type MadeCertificate } from './x509.ts'

const DAY_MS = 86_400_000
const HOST = 'https://sns.eu-central-1.amazonaws.com'

export const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:guardduty'
export const CERTIFICATE_URL = `${HOST}/SimpleNotificationService-0123456789abcdef.pem`
export const SUBSCRIBE_URL = `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336412f37`

/** What SNS documents as signed, in its words and order. */
const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
const OTHERS = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']

type Fields = Record<string, unknown>

let current: MadeCertificate | null = null

/** A key takes a while to make: one for all tests of a file. */
function valid(): MadeCertificate {
  current ??= makeCertificate({ name: 'sns.amazonaws.com', from: Date.now() - DAY_MS, to: Date.now() + DAY_MS })
  return current
}

/** Amazon SNS as an HTTP endpoint meets it: messages that it signs, and the two addresses that they name. */
export class FakeSns {
  /** Every address that was asked for, in order. */
  readonly asked: string[] = []
  certificate = valid()
  /** What its addresses answer instead. */
  readonly answers = new Map<string, () => { status: number; body: Buffer }>()

  readonly get: SnsGet = async (url) => {
    this.asked.push(url)
    const answer = this.answers.get(url)
    if (answer) return answer()
    if (url === CERTIFICATE_URL) return { status: 200, body: Buffer.from(this.certificate.pem) }
    if (url === SUBSCRIBE_URL) return { status: 200, body: Buffer.from('<ConfirmSubscriptionResponse/>') }
    return { status: 404, body: Buffer.from('not here') }
  }

  /** @param change fields of the message, before it is signed; undefined leaves one out */
  notification(event: unknown, change: Fields = {}): Fields {
    return this.sign({ Type: 'Notification', ...common(), Message: JSON.stringify(event), ...change })
  }

  confirmation(change: Fields = {}, type = 'SubscriptionConfirmation'): Fields {
    const Message = 'You have chosen to subscribe to the topic. To confirm, visit the SubscribeURL.'
    return this.sign({ Type: type, ...common(), Message, Token: '2336412f37', SubscribeURL: SUBSCRIBE_URL, ...change })
  }

  sign(fields: Fields): Fields {
    const names = fields['Type'] === 'Notification' ? NOTIFICATION : OTHERS
    const present = names.filter((name) => typeof fields[name] === 'string')
    const text = present.map((name) => `${name}\n${fields[name] as string}\n`).join('')
    const digest = fields['SignatureVersion'] === '1' ? 'RSA-SHA1' : 'RSA-SHA256'
    return { ...fields, Signature: sign(digest, Buffer.from(text), this.certificate.privateKey).toString('base64') }
  }
}

let messages = 0

function common(): Fields {
  messages += 1
  return {
    MessageId: `22b80b92-fdea-4c2c-8f9d-${String(messages).padStart(12, '0')}`,
    TopicArn: TOPIC,
    Timestamp: '2026-11-22T09:00:00.000Z',
    SignatureVersion: '2',
    SigningCertURL: CERTIFICATE_URL,
  }
}
