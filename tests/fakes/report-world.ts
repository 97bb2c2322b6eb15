import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../../electron/engine/ports/ports.ts'
import type { ResponseMode } from '../../shared/model/states.ts'
import { delivery } from './delivery.ts'
import { openEngineWorld, type EngineWorld } from './engine.ts'

/** A real engine whose policies make reports. */
export interface ReportWorld extends EngineWorld {
  /** Receives an event of the schema `a`. */
  send(event: object): Promise<unknown>
  /** Rows of the database. */
  rows<Row>(sql: string): Row[]
  /** One value of the database. */
  value(sql: string): unknown
}

/** @param policies path below the policy folder to source */
export async function openReportWorld({
  policies,
  env = {},
  mode = 'policy',
  clock,
}: {
  policies: Record<string, string>
  env?: Record<string, string>
  mode?: ResponseMode
  clock?: Clock
}): Promise<ReportWorld> {
  const world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [path, source] of Object.entries(policies)) {
      mkdirSync(dirname(join(policyDir, path)), { recursive: true })
      writeFileSync(join(policyDir, path), source)
    }
    const config = { policyDir, starterDir: null, hasReceiver: false, mode }
    return { ...config, env: { TOCSIN_NET_ALLOW: '127.0.0.1', ...env } }
  }, clock)
  return Object.assign(world, {
    send: (event: object) =>
      world.engine.services().intake.receive(delivery({ schema: 'a', body: JSON.stringify(event) })),
    rows: <Row>(sql: string): Row[] => world.engine.services().store.db.prepare(sql).all() as Row[],
    value: (sql: string): unknown => world.engine.services().store.db.prepare(sql).pluck().get(),
  })
}
