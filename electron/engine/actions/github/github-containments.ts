import type { HttpPort } from '../../http/http-port.ts'
import type { Action } from '../action-definition.ts'
import type { ServiceUrl } from '../service-url.ts'
import { githubBlockUser, githubUnblockUser } from './github-block.ts'
import { GithubRest } from './github-rest.ts'
import { githubRevokeToken } from './github-revoke-token.ts'
import { OrganizationBlocks } from './organization-blocks.ts'

/** What is done to users and tokens of GitHub. */
export function githubContainments(http: HttpPort, serviceUrl: ServiceUrl): Action[] {
  const github = new GithubRest(http, serviceUrl)
  const blocks = new OrganizationBlocks(github)
  return [githubBlockUser(blocks), githubUnblockUser(blocks), githubRevokeToken(github)]
}
