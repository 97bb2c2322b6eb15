import { generateKeyPairSync } from 'node:crypto'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { argText, headerOf, placeOf, textOf, type StandIn, type StandInAnswer } from '../stand-in.ts'

const TOKEN = 'stand-in-access-token'
const TOKEN_URI = 'https://oauth2.googleapis.com/token'

/** Of nobody: made for the run. */
let privateKey: string | undefined
function keyOfNobody(): string {
  privateKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  return privateKey
}

/** Google Workspace: the log-in of a service account, and one user who is suspended or not. */
export const googleUsers: StandIn = {
  uses: ['google.suspend_user', 'google.restore_user'],
  service: 'Google Workspace',
  args: (_uses, secret) => ({
    secret_service_account: secret,
    admin_email: 'admin@example.com',
    user_email: 'jane.doe@example.com',
  }),
  open({ uses, args, hasSecret }) {
    const email = argText(args, 'user_email')
    const user = { isSuspended: uses === 'google.restore_user', isArchived: false }
    const made: string[] = []
    const change = (body: string): StandInAnswer => {
      user.isSuspended = body.includes('true')
      made.push(`${user.isSuspended ? 'suspend' : 'restore'} ${email}`)
      return { status: 200, body: shown() }
    }
    const shown = (): JsonObject => ({
      id: '100000000000000000001',
      primaryEmail: email,
      suspended: user.isSuspended,
      ...(user.isSuspended ? { suspensionReason: 'ADMIN' } : {}),
      archived: user.isArchived,
    })
    return {
      args: { ...args, secret_service_account: keyFile(argText(args, 'secret_service_account')) },
      made: () => made,
      changeElsewhere: () => void (user.isArchived = true),
      http: {
        changes: ({ method }) => method === 'PUT',
        answer(request) {
          if (placeOf(request).path.endsWith('/token')) return logIn(textOf(request), hasSecret)
          if (headerOf(request, 'authorization') !== `Bearer ${TOKEN}`) return { status: 401, body: {} }
          return request.method === 'PUT' ? change(textOf(request)) : { status: 200, body: shown() }
        },
      },
    }
  },
}

/** A key file as the Cloud console makes it, with the secret of the run as the key's name. */
function keyFile(secret: string): string {
  return JSON.stringify({
    type: 'service_account',
    client_email: 'stand-in@stand-in.iam.gserviceaccount.com',
    private_key: keyOfNobody(),
    private_key_id: secret,
    token_uri: TOKEN_URI,
  })
}

function logIn(body: string, hasSecret: (text: string) => boolean): StandInAnswer {
  const [header = ''] = (new URLSearchParams(body).get('assertion') ?? '').split('.')
  if (!hasSecret(Buffer.from(header, 'base64url').toString())) return { status: 401, body: { error: 'invalid_grant' } }
  return { status: 200, body: { access_token: TOKEN, token_type: 'Bearer', expires_in: 3599 } }
}
