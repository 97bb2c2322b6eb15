import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { actionKit } from '../../../tests/fakes/action-kit.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { builtInActions } from './action-list.ts'

const DOCS = readFileSync(join(import.meta.dirname, '../../../docs/ACTIONS.md'), 'utf8')

const GITHUB: JsonObject = { app_id: 1, install_id: 2, secret_private_key: 'k', owner: 'o', repo: 'r' }
const CROWDSTRIKE: JsonObject = { client_id: 'c', secret_client_secret: 's', device_id: 'a'.repeat(32) }
const OKTA: JsonObject = { base_url: 'https://o.example', secret_token: 't', user_id: 'jane@example.com' }
const JIRA: JsonObject = { account_id: 'a', user: 'u', secret_token: 't', base_url: 'https://j.example' }

/** The least that each action takes. */
const LEAST: [string, JsonObject][] = [
  ['http.fetch', { method: 'GET', url: 'https://h.example/' }],
  ['chatgpt.query', { secret_api_key: 'k' }],
  ['slack.post', { secret_url: 'https://h.example/', channel: 'c' }],
  ['github.create_issue', GITHUB],
  ['github.create_comment', { ...GITHUB, issue_number: 1, body: 'x' }],
  ['jira.create_issue', { ...JIRA, project: 'SEC', issue_type: 'Task' }],
  ['jira.add_comment', { ...JIRA, issue_id: 'SEC-1', body: 'x' }],
  ['jira.add_attachment', { ...JIRA, issue_id: 'SEC-1', file_name: 'x', data: '' }],
  ['opsgenie.create_alert', { secret_api_key: 'k' }],
  ['otx.indicator', { secret_api_key: 'k', type: 'url', indicator: 'x', section: 'general' }],
  ['virustotal.lookup', { secret_api_key: 'k', type: 'ip', value: '8.8.8.8' }],
  ['abuseipdb.check', { secret_api_key: 'k', ip: '8.8.8.8' }],
  ['urlscan.search', { type: 'ip', value: '8.8.8.8' }],
  ['shodan.host', { secret_api_key: 'k', ip: '8.8.8.8' }],
  ['rdap.lookup', { type: 'ip', value: '8.8.8.8' }],
  ['dns.lookup', { value: 'example.com' }],
  ['geoip', { ip: '8.8.8.8' }],
  ['history', { type: 'ip', value: '8.8.8.8' }],
  ['bigquery.insert_alert', { project_id: 'p', dataset_id: 'd', table_id: 't' }],
  ['bigquery.insert_data', { project_id: 'p', dataset_id: 'd', table_id: 't', data: 1 }],
  ['file.quarantine', { path: '/x' }],
  ['okta.suspend_user', OKTA],
  ['okta.unsuspend_user', OKTA],
  ['crowdstrike.contain_host', CROWDSTRIKE],
  ['crowdstrike.lift_containment', CROWDSTRIKE],
  ['file.restore', { quarantine_id: '01234567-89ab-4def-8123-456789abcdef' }],
]

const argsSchema = z.object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()) })

/** The names that stand in backticks: an action's has a dot or is one word. */
function namesIn(cell = ''): string[] {
  return Array.from(cell.matchAll(/`([a-z]+(?:\.[a-z_]+)?)`/g), ([, name = '']) => name)
}

describe('docs/ACTIONS.md', () => {
  it.each(LEAST)('tells the arguments of %s as the schema has them', (uses, args) => {
    const facts = actionKit().actions.describe(uses, args)
    const schema = argsSchema.parse(facts?.argsSchema)
    const section = DOCS.split(`\n## \`${uses}\`\n`)[1]?.split('\n## ')[0] ?? ''
    const rows = [...section.matchAll(/^\| `(\w+)` \|[^|]*\|([^|]*)\|/gm)]
    const told = rows.map(([, name = '', marks = '']) => ({ name, marks }))
    expect(told.map(({ name }) => name).sort()).toEqual(Object.keys(schema.properties).sort())
    const marked = (mark: string): string[] => told.filter(({ marks }) => marks.includes(mark)).map(({ name }) => name)
    expect(marked('required').sort()).toEqual(schema.required.toSorted())
    expect(marked('secret').sort()).toEqual(facts?.secretArgs.toSorted())
    expect(marked('not editable')).toEqual(facts?.lockedArgs)
  })

  const actions = builtInActions()

  it.each(actions.map(({ definition, prepare }) => ({ definition, prepare, uses: definition.uses })))(
    'has the right row for $uses in its table',
    ({ definition, prepare, uses }) => {
      const { aliases = [], undo, probe, timeoutMs, retryDelaysMs } = definition
      const row = DOCS.split('\n').find((line) => line.startsWith(`| \`${uses}\``)) ?? ''
      const [, name, effect, idempotent, ...rest] = row.split('|').map((cell) => cell.trim())
      const { effect: declared, isIdempotent } = prepare(Object.fromEntries(LEAST)[uses] ?? {})
      expect(namesIn(name)).toEqual([uses, ...aliases])
      expect(effect?.startsWith(declared)).toBe(true)
      // http.fetch says when.
      expect(idempotent === 'yes' || idempotent?.startsWith('with') === true).toBe(isIdempotent)
      expect(rest).toEqual([
        probe === undefined ? 'no' : 'yes',
        undo === null ? 'no' : `\`${undo.uses}\``,
        `${timeoutMs / 1000} s`,
        String(retryDelaysMs.length + 1),
        '',
      ])
    },
  )

  it('shows every action', () => {
    const names = Array.from(DOCS.matchAll(/^## `([a-z]+(?:\.[a-z_]+)?)`$/gm), ([, name = '']) => name)
    expect(names.sort()).toEqual(actions.map(({ definition }) => definition.uses).sort())
    expect(LEAST.map(([uses]) => uses).sort()).toEqual(names.sort())
  })

  it('names every error code that actions and the way out have', () => {
    const folders = ['.', 'quarantine', 'inspect', '../http'].map((name) => join(import.meta.dirname, name))
    const files = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((name) => join(folder, name)),
    )
    const sources = [...files, join(import.meta.dirname, '../http/http-port.ts')]
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
    const codes = [...sources.matchAll(/(?:Error|Failure|Outcome)\(\s*'([a-z_]+)'|, '(net_[a-z_]+)', '/g)]
    const names = new Set(codes.map(([, first, second]) => first ?? second ?? ''))
    expect(names.size).toBeGreaterThan(30)
    expect([...names].filter((name) => !DOCS.includes(`\`${name}\``))).toEqual([])
  })
})
