import { describe, expect, it } from 'vitest'
import { TocsinError } from '../../../shared/errors.ts'
import type { Log, SecretPort } from '../ports/ports.ts'
import { Environment, parseEnvList, type EnvSettings } from './env.ts'
import { Handles } from './handles.ts'
import { REDACTED, Redactor } from './redact.ts'

const handles = new Handles(Buffer.alloc(32, 7))

/** A vault as the engine sees it; `null` marks a secret that this process cannot open. */
function secretsOf(values: Record<string, string | null>, hosts: Record<string, string[]> = {}): SecretPort {
  return {
    list: async () =>
      Object.entries(values).map(([name, value]) => ({
        name,
        hosts: hosts[name] ?? [],
        updatedAt: 0,
        isReadable: value !== null,
      })),
    reveal: async (name) => {
      const value = values[name]
      if (value === undefined) throw new TocsinError('secret_missing', `no ${name}`)
      if (value === null) throw new TocsinError('secret_not_readable', `closed ${name}`)
      return value
    },
    set: async () => {},
    remove: async () => {},
    handleKey: async () => Buffer.alloc(32, 7),
    generations: async () => [],
    keepGeneration: async () => {},
    backend: async () => ({ backend: 'test', isWeak: false, message: '' }),
  }
}

function environment(
  secrets: SecretPort,
  processEnv: Record<string, string>,
  settings: Partial<EnvSettings> = {},
): { env: Environment; redactor: Redactor; warnings: string[] } {
  const warnings: string[] = []
  const quiet = (): void => {}
  const log: Log = { debug: quiet, info: quiet, error: quiet, warn: (message) => warnings.push(message) }
  const redactor = new Redactor()
  const read = (): EnvSettings => ({ 'env.variables': {}, 'env.process': [], ...settings })
  return { env: new Environment({ secrets, handles, redactor, processEnv, settings: read, log }), redactor, warnings }
}

describe('parseEnvList', () => {
  it('reads names, secret by default', () => {
    expect(parseEnvList('KEY, MODE:plain,')).toEqual([
      { name: 'KEY', isPlain: false },
      { name: 'MODE', isPlain: true },
    ])
  })
  it.each(['A B', '1A', 'A:secret', 'A:plain:x', 'A=1'])('refuses %s', (item) => {
    expect(() => parseEnvList(item)).toThrow(expect.objectContaining({ code: 'bad_env_list' }))
  })
})

describe('Environment', () => {
  it('builds input.env from variables, secrets and allowed process variables', async () => {
    const { env } = environment(
      secretsOf({ VAULT_KEY: 'from the vault', TAKEN: 'vault value' }),
      {
        TOCSIN_ENV: 'PROC_KEY,MODE:plain,UNSET',
        PROC_KEY: 'process secret',
        MODE: 'lab',
        HOME: '/root',
        LISTED: 'listed value',
      },
      { 'env.variables': { TEAM: 'blue', TAKEN: 'variable', MODE: 'variable' }, 'env.process': ['LISTED'] },
    )
    const made = await env.forPolicies()
    expect(made.env).toEqual({
      TEAM: 'blue',
      MODE: 'lab',
      TAKEN: handles.make('TAKEN'),
      VAULT_KEY: handles.make('VAULT_KEY'),
      PROC_KEY: handles.make('PROC_KEY'),
      LISTED: handles.make('LISTED'),
    })
    expect(made.secretNames).toEqual(['LISTED', 'PROC_KEY', 'TAKEN', 'VAULT_KEY'])
    expect(JSON.stringify(made)).not.toContain('process secret')
    expect(env.rebuild(made.plain, made.secretNames)).toEqual(made)
  })

  it('gives authz real values and redacts them from then on', async () => {
    const { env, redactor, warnings } = environment(secretsOf({ A: 'alpha-alpha', CLOSED: null }), {
      TOCSIN_ENV: 'B',
      B: 'bravo-bravo',
    })
    expect(await env.forAuthz()).toEqual({ A: 'alpha-alpha', B: 'bravo-bravo' })
    expect(redactor.text('alpha-alpha bravo-bravo')).toBe(`${REDACTED} ${REDACTED}`)
    expect(warnings).toHaveLength(1)
  })

  it('reveals with the hosts that a secret may go to', async () => {
    const { env } = environment(secretsOf({ A: 'alpha-alpha', P: 'in the vault' }, { A: ['api.example.com'] }), {
      TOCSIN_ENV: 'P',
      P: 'process wins',
    })
    expect(await env.reveal('A')).toEqual({ name: 'A', value: 'alpha-alpha', hosts: ['api.example.com'] })
    expect(await env.reveal('P')).toEqual({ name: 'P', value: 'process wins', hosts: [] })
    await expect(env.reveal('HOME')).rejects.toMatchObject({ code: 'secret_missing' })
  })

  it('leaves out a process secret that is too short and says so once', async () => {
    const { env, warnings } = environment(secretsOf({}), { TOCSIN_ENV: 'PIN', PIN: '1234' })
    expect((await env.forPolicies()).env).toEqual({})
    expect((await env.forPolicies()).env).toEqual({})
    expect(warnings).toEqual([expect.stringContaining('PIN:plain')])
  })
})
