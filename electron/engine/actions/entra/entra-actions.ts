import type { Action } from '../action-definition.ts'
import type { MicrosoftApi } from '../microsoft/microsoft-api.ts'
import type { ServiceUrl } from '../service-url.ts'
import { entraDisableUser, entraEnableUser } from './entra-account.ts'
import { entraRevokeSessions } from './entra-revoke-sessions.ts'
import { GraphUsers } from './graph-users.ts'

/** What is done to users of Microsoft Entra, by Microsoft Graph. */
export function entraActions(api: MicrosoftApi, serviceUrl: ServiceUrl): Action[] {
  const users = new GraphUsers(api, serviceUrl)
  return [entraDisableUser(users), entraEnableUser(users), entraRevokeSessions(users)]
}
