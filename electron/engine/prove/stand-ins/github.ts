import { argText, headerOf, placeOf, type StandIn, type StandInAnswer } from '../stand-in.ts'

const NOBODY: StandInAnswer = { status: 401, body: { message: 'Bad credentials' } }

/** GitHub: one account, blocked by an organization or not. */
export const githubBlocks: StandIn = {
  uses: ['github.block_user', 'github.unblock_user'],
  service: 'GitHub',
  args: (_uses, secret) => ({ secret_token: secret, org: 'stand-in', user_name: 'mallory' }),
  open({ uses, args, hasSecret }) {
    const login = argText(args, 'user_name')
    const account = { id: 1, isBlocked: uses === 'github.unblock_user' }
    const made: string[] = []
    const block = (method: string): StandInAnswer => {
      if (method === 'GET') return account.isBlocked ? { status: 204 } : { status: 404, body: { message: 'Not Found' } }
      account.isBlocked = method === 'PUT'
      made.push(`${account.isBlocked ? 'block' : 'unblock'} ${login}`)
      return { status: 204 }
    }
    return {
      args,
      made: () => made,
      // The user gave the name up, and another one has it.
      changeElsewhere: () => void (account.id += 1),
      http: {
        changes: ({ method }) => method !== 'GET',
        answer(request) {
          if (!hasSecret(headerOf(request, 'authorization'))) return NOBODY
          const { path } = placeOf(request)
          if (path.endsWith('/blocks')) return { status: 200, body: [] }
          if (path.includes('/blocks/')) return block(request.method)
          return { status: 200, body: { login, id: account.id, type: 'User' } }
        },
      },
    }
  },
}

/** GitHub: one leaked token, good until it is revoked. */
export const githubToken: StandIn = {
  uses: ['github.revoke_token'],
  service: 'GitHub’s tokens',
  args: (_uses, secret) => ({ secret_leaked_token: secret }),
  open({ args, hasSecret }) {
    let isGood = true
    const made: string[] = []
    return {
      // In the form of a token: another one is sent to nobody.
      args: { ...args, secret_leaked_token: `ghp_${argText(args, 'secret_leaked_token')}` },
      made: () => made,
      http: {
        changes: ({ method }) => method === 'POST',
        answer(request) {
          if (request.method === 'POST') {
            isGood = false
            made.push('revoke the token')
            return { status: 202, body: {} }
          }
          if (!isGood || !hasSecret(headerOf(request, 'authorization'))) return NOBODY
          return { status: 200, body: { login: 'stand-in' } }
        },
      },
    }
  },
}
