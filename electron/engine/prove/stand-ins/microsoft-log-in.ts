import { headerOf, placeOf, textOf, type Setting, type StandInAnswer } from '../stand-in.ts'
import type { OutgoingRequest } from '../../http/request.ts'

const TOKEN = 'stand-in-access-token'
const PATH = '/oauth2/v2.0/token'

/** An app's account, for proposals that nobody made. */
export const STAND_IN_APP = {
  tenant_id: '01234567-89ab-cdef-0123-456789abcdef',
  client_id: '01234567-89ab-cdef-0123-456789abcdef',
}

/** Whether a request logs an app in at Microsoft. */
export function isMicrosoftLogIn(request: OutgoingRequest): boolean {
  return placeOf(request).path.endsWith(PATH)
}

/** @returns the answer to a log-in, or to a request without one; null for any other request */
export function microsoftLogIn(request: OutgoingRequest, hasSecret: Setting['hasSecret']): StandInAnswer | null {
  if (!isMicrosoftLogIn(request)) {
    return headerOf(request, 'authorization') === `Bearer ${TOKEN}` ? null : { status: 401, body: {} }
  }
  if (!hasSecret(new URLSearchParams(textOf(request)).get('client_secret') ?? '')) return { status: 401, body: {} }
  return { status: 200, body: { access_token: TOKEN, token_type: 'Bearer', expires_in: 3599 } }
}
