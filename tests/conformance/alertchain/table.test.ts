import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { testComparison } from '../comparison.ts'

const GOLDEN = join(import.meta.dirname, '../../fixtures/golden')

// These take their titles from what was recorded.
const recorded = ['engine.json', 'engine-init-run-exit.json'].flatMap(
  (name) => JSON.parse(readFileSync(join(GOLDEN, name), 'utf8')) as { name: string }[],
)
/** What the inventory of AlertChain's behaviour names, and what nobody may look for in vain. */
const NAMED = [
  ['serve', 'run', 'play', 'new', 'enhance ignore', 'version'],
  [
    'LOG_LEVEL',
    'LOG_FORMAT',
    'LOG_OUTPUT',
    'POLICY_DIR',
    'ENABLE_PRINT',
    'DB_TYPE',
    'SENTRY_DSN',
    'SENTRY_ENV',
    'ADDR',
  ],
  ['GRAPHQL', 'PLAYGROUND', 'DISABLE_ACTION', 'INPUT', 'SCHEMA', 'SCENARIO', 'DIR'].map((name) => `ALERTCHAIN_${name}`),
  ['/health', '/alert/raw/{schema}', '/alert/pubsub/{schema}', '/graphql', '/graphiql'],
  ['github.create_issue', 'github.create_comment', 'jira.create_issue', 'jira.add_comment', 'jira.add_attachment'],
  ['opsgenie.create_alert', 'chatgpt.query', 'slack.post', 'http.fetch', 'otx.indicator'],
  ['bigquery.insert_alert', 'bigquery.insert_data', 'data.json', 'result.json'],
].flat()

describe('docs/ALERTCHAIN.md', () => {
  testComparison({
    file: 'ALERTCHAIN.md',
    fewestRows: 150,
    named: NAMED,
    recorded: { golden: recorded.map(({ name }) => name) },
  })
})
