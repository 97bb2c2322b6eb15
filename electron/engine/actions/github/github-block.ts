import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Action } from '../action-definition.ts'
import { defineContainment } from '../containment.ts'
import type { HttpRequest, Standing } from '../containment-model.ts'
import { said } from '../../forms/said.ts'
import type { GithubBlockArgs, OrganizationBlocks } from './organization-blocks.ts'

/** Blocks a user from an organization. */
export function githubBlockUser(blocks: OrganizationBlocks): Action {
  return defineContainment<GithubBlockArgs, HttpRequest>({
    ...blocks.target('PUT'),
    uses: 'github.block_user',
    lockedArgs: [],
    undo: {
      uses: 'github.unblock_user',
      sentence:
        'Ends the block, unless somebody has done so since. What GitHub took with it (access as a collaborator, stars, watching, assignments) does not come back. Asks again.',
    },
    title: ({ org, user_name: user }) => `Block ${user} from the organization ${org} on GitHub`,
    effectSentence: ({ org, user_name: user }) =>
      `${user} can no longer open issues or pull requests, comment or push in repositories of ${org}, and is removed as a collaborator of them, with stars and assignments there. Members have to be removed from ${org} first.`,
    standing: (state) => standing(state, true),
    inverse: (args) => ({ uses: 'github.unblock_user', args }),
  })
}

/** Ends a block: the inverse of `github.block_user`. */
export function githubUnblockUser(blocks: OrganizationBlocks): Action {
  return defineContainment<GithubBlockArgs, HttpRequest>({
    ...blocks.target('DELETE'),
    uses: 'github.unblock_user',
    lockedArgs: ['org', 'user_name'],
    undo: null,
    noUndo: 'It is the way back: to block the user again is another block.',
    title: ({ org, user_name: user }) => `Unblock ${user} in the organization ${org} on GitHub`,
    effectSentence: ({ org, user_name: user }) =>
      `${user} can take part in public repositories of ${org} again. What the block took away does not come back.`,
    standing: (state) => standing(state, false),
  })
}

function standing({ blocked, type }: JsonObject, isWanted: boolean): Standing {
  if (type !== 'User') return { is: 'barred', why: `This is no user (type ${said(type)})` }
  return { is: blocked === isWanted ? 'so' : 'open' }
}
