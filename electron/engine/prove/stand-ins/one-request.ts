import type { StandIn } from '../stand-in.ts'

/** Whatever takes one request and is asked nothing: it counts what would have an effect. */
function oneRequest(about: Pick<StandIn, 'uses' | 'service' | 'args'>, body: string): StandIn {
  return {
    ...about,
    open({ args }) {
      const made: string[] = []
      return {
        args,
        made: () => made,
        http: {
          changes: ({ method }) => method !== 'GET' && method !== 'HEAD',
          answer(request) {
            if (this.changes(request)) made.push(`took a ${request.method}`)
            return { status: 200, body }
          },
        },
      }
    },
  }
}

export const httpFetch = oneRequest(
  {
    uses: ['http.fetch'],
    service: 'a web service',
    args: (_uses, secret) => ({
      method: 'POST',
      url: 'https://stand-in.example/hook',
      auth: { bearer: secret },
      data: { text: 'stand-in' },
    }),
  },
  '',
)

export const slack = oneRequest(
  {
    uses: ['slack.post'],
    service: 'Slack',
    args: (_uses, secret) => ({
      secret_url: `https://hooks.stand-in.example/${secret}`,
      channel: '#stand-in',
      body: 'stand-in',
    }),
  },
  'ok',
)
