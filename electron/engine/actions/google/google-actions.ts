import type { Action } from '../action-definition.ts'
import type { GoogleApi } from '../google-api.ts'
import type { ServiceUrl } from '../service-url.ts'
import { DirectoryUsers } from './directory-users.ts'
import { googleRestoreUser, googleSuspendUser } from './google-suspension.ts'

/** What is done to users of Google Workspace, by the Admin SDK. */
export function googleActions(google: GoogleApi, serviceUrl: ServiceUrl): Action[] {
  const users = new DirectoryUsers(google, serviceUrl)
  return [googleSuspendUser(users), googleRestoreUser(users)]
}
