import type { EngineConfig } from '../ports/config.ts'
import { GraphqlHandler } from './graphql-handler.ts'
import { GraphqlRunner } from './graphql-runner.ts'
import type { Clock, Log } from '../ports/ports.ts'
import { ReadAccess } from '../receiver/read-access.ts'
import type { ReadPort } from '../receiver/reading.ts'
import type { Handles } from '../secrets/handles.ts'
import type { Redactor } from '../secrets/redact.ts'
import type { Store } from '../store/store.ts'

interface ReadingParts {
  config: EngineConfig
  store: Pick<Store, 'paths' | 'settings'>
  handles: Handles
  redactor: Redactor
  clock: Clock
  log: Log
}

/** What is read over HTTP. Its thread starts with the first query. */
export interface Reading extends ReadPort {
  close(): Promise<void>
}

/** @returns null without a receiver, or for a database in memory, which no other thread can see */
export function openReading({ config, store, handles, redactor, clock, log }: ReadingParts): Reading | null {
  if (!config.hasReceiver || store.paths === null) return null
  const runner = new GraphqlRunner(store.paths.database, clock)
  const handler = new GraphqlHandler({ runner, handles, redactor, log })
  const access = new ReadAccess(store.settings, config)
  if (access.isOpen()) {
    log.warn('GraphQL is on: every user of this computer may read alerts, results and reports', {
      remedy: 'make a read token under Settings in the desk, deny it in authz, or start with --no-graphql',
    })
  }
  return { access, graphql: (request) => handler.answer(request), close: () => runner.close() }
}
