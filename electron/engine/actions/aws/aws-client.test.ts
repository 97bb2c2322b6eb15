import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { HttpPort, OutgoingRequest } from '../../http/http-port.ts'
import type { ReadContext } from '../action-definition.ts'
import { AwsClient, ec2, iam } from './aws-client.ts'

const ACCOUNT = {
  region: 'eu-central-1',
  access_key_id: 'AKIADESKDESKDESKDESK',
  secret_access_key: 'a-secret-of-forty-characters-0123456789ab',
}
const CONTEXT: ReadContext = {
  secrets: [{ name: 'KEY', hosts: ['*.amazonaws.com'] }],
  signal: new AbortController().signal,
  remainingMs: () => 1000,
  check: () => {},
  wait: () => Promise.resolve(),
  protect: () => {},
}

/** A way out that keeps what would be sent and answers with an empty list. */
function recorded(endpoint = ''): { client: AwsClient; sent: OutgoingRequest[] } {
  const sent: OutgoingRequest[] = []
  const body = Buffer.from('<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>')
  const http = {
    send: (request: OutgoingRequest) => (
      sent.push(request),
      Promise.resolve({ status: 200, statusText: '200 OK', headers: {}, body })
    ),
  } as unknown as HttpPort // `send` is all that a client calls
  return { client: new AwsClient({ http, serviceUrl: () => endpoint }), sent }
}

const look = ec2('DescribeInstances', { InstanceIds: ['i-0123456789abcdef0'] })

describe('where requests go', () => {
  it.each([
    ['eu-central-1', look, 'https://ec2.eu-central-1.amazonaws.com/', 'eu-central-1/ec2'],
    ['cn-north-1', look, 'https://ec2.cn-north-1.amazonaws.com.cn/', 'cn-north-1/ec2'],
    ['eu-central-1', iam('GetRole', { RoleName: 'a' }), 'https://iam.amazonaws.com/', 'us-east-1/iam'],
    ['us-gov-west-1', iam('GetRole', { RoleName: 'a' }), 'https://iam.us-gov.amazonaws.com/', 'us-gov-west-1/iam'],
  ])('of %s: %j to %s', async (region, call, url, scope) => {
    const { client, sent } = recorded()
    await client.send(call, { ...ACCOUNT, region }, CONTEXT)
    expect(sent).toMatchObject([
      { method: 'POST', url, isRedirectFollowed: false, timeoutMs: 1000, secrets: CONTEXT.secrets },
    ])
    expect(sent[0]?.headers?.['authorization']).toContain(`/${scope}/aws4_request`)
  })

  it('by AWS_ENDPOINT_URL to one address', async () => {
    const { client, sent } = recorded('http://127.0.0.1:5000')
    await client.send(look, ACCOUNT, CONTEXT)
    await client.send(iam('GetRole', { RoleName: 'a' }), ACCOUNT, CONTEXT)
    expect(sent.map(({ url }) => url)).toEqual(['http://127.0.0.1:5000/', 'http://127.0.0.1:5000/'])
  })
})

describe('[S25] the keys are those of the arguments', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'tocsin-aws-'))
    const profile =
      'region = us-west-2\nendpoint_url = https://evil.example\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\nmax_attempts = 9\nsdk_ua_app_id = evil'
    writeFileSync(join(home, 'config'), `[default]\n${profile}\n`)
    writeFileSync(
      join(home, 'credentials'),
      '[default]\naws_access_key_id = AKIAEVILEVILEVILEVIL\naws_secret_access_key = evil\n',
    )
    const env = {
      AWS_CONFIG_FILE: join(home, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
      AWS_ACCESS_KEY_ID: 'AKIAEVILEVILEVILEVIL',
      AWS_SECRET_ACCESS_KEY: 'evil',
      AWS_SESSION_TOKEN: 'evil-token',
      AWS_REGION: 'us-west-2',
      AWS_ENDPOINT_URL: 'https://evil.example',
      AWS_ENDPOINT_URL_EC2: 'https://evil.example',
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_SDK_UA_APP_ID: 'evil',
    }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  it('whatever the environment and files of the home folder say', async () => {
    const { client, sent } = recorded()
    await client.send(look, ACCOUNT, CONTEXT)
    expect(sent).toHaveLength(1)
    expect(sent[0]?.url).toBe('https://ec2.eu-central-1.amazonaws.com/')
    expect(sent[0]?.headers?.['authorization']).toContain(`Credential=${ACCOUNT.access_key_id}/`)
    expect(JSON.stringify(sent)).not.toMatch(/evil/i)
  })

  it('with the session token of a temporary key', async () => {
    const { client, sent } = recorded()
    await client.send(look, { ...ACCOUNT, secret_session_token: 'the-session-token' }, CONTEXT)
    expect(sent[0]?.headers?.['x-amz-security-token']).toBe('the-session-token')
  })

  it.each(['', 'short', 'AKIADESKDESKDESKDESK\r\nHost: evil', 'AKIADESKDESK/DESKDESK'])(
    'and %j is none',
    async (access_key_id) => {
      const { client, sent } = recorded()
      await expect(client.send(look, { ...ACCOUNT, access_key_id }, CONTEXT)).rejects.toMatchObject({ code: 'bad_key' })
      expect(sent).toEqual([])
    },
  )
})

it('takes no answer of another form', async () => {
  const { client } = recorded()
  const asked = client.ask(look, z.object({ Other: z.string() }), ACCOUNT, CONTEXT)
  await expect(asked).rejects.toMatchObject({ code: 'bad_answer' })
})

it('says of a request that cannot be made that nothing was sent', async () => {
  const { client, sent } = recorded()
  const none = client.send(look, { ...ACCOUNT, region: 'no region' }, CONTEXT)
  await expect(none).rejects.toMatchObject({ code: 'bad_request', hasLeft: false })
  expect(sent).toEqual([])
})
