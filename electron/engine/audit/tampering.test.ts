import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import DatabaseConnection, { type Database } from 'better-sqlite3'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { delivery } from '../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'
import { RECORDED_TABLES, UNRECORDED_TABLES } from './recorded-rows.ts'
import { AuditVerification, type AuditCheck } from './verify.ts'

const POLICIES = {
  'alert/a.rego': `package alert.a

alert contains {"title": "A", "namespace": "n", "attrs": [{"id": "kept", "key": "k", "value": input.n, "persist": true}]}
`,
  'inspect/a.rego': `package inspect

inspect contains {"uses": "http.fetch", "args": {"method": "GET", "url": "http://127.0.0.1:1/"}} if input.attribute.value == "1"

inspect contains {"findings": [{"type": "user", "content": {}}]} if input.attribute.value == "1"
`,
  'review/a.rego': 'package review\n\nseverity := "safe"\n',
  'emit/a.rego': 'package emit\n\nrun contains {"uses": ""} if input.attrs[0].key == "never"\n',
  'action/a.rego': `package action

run contains {"id": "look", "uses": "http.fetch", "args": {"method": "GET", "url": input.alert.data.url}, "approval": true} if input.seq == 0
`,
}

let world: EngineWorld
let copy: Database
const server = createServer((_request, response) => response.end('{"found": true}'))

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/` // it listens on TCP
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [path, source] of Object.entries(POLICIES)) {
      mkdirSync(dirname(join(policyDir, path)), { recursive: true })
      writeFileSync(join(policyDir, path), source)
    }
    const env = { TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_INSPECT_DELAY: '0', TOCSIN_REVIEW_DELAY: '0' }
    return { policyDir, starterDir: null, hasReceiver: false, mode: 'policy', env }
  })
  const { intake } = world.engine.services()
  await intake.receive(delivery({ schema: 'a', body: JSON.stringify({ n: 1, url }) }))
  await intake.receive(delivery({ schema: 'unknown' }))
  await world.idle()
  const [waiting] = (await world.ask('approvals.list', {})).rows
  const { actionId, boundHash } = await world.ask('approvals.get', { actionId: waiting?.actionId ?? '' })
  await world.ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: 'yes' })
  await world.idle()
  await world.engine.services().reports?.gather()
  await vi.waitFor(async () => {
    const filter = { severities: [], text: '', value: '' }
    const { rows } = await world.ask('reports.page', { filter, upToSeq: null, offset: 0, limit: 1 })
    const { entities, reviews } = await world.ask('reports.get', { id: rows[0]?.id ?? '' })
    expect(reviews.length).toBeGreaterThan(0)
    expect(entities.flatMap(({ inspections }) => inspections.map(({ tries }) => tries))).toContain(1)
  })
  await world.idle()
  await world.ask('sources.create', { name: 'wazuh' })
  await world.ask('settings.set', { changes: { 'retention.days': 30 } })
  expect(await world.ask('store.verifyAudit', {})).toMatchObject({ isIntact: true })
  await world.engine.stop()
  const path = join(world.dataDir, 'tocsin.db')
  copyFileSync(path, `${path}.copy`)
  copy = new DatabaseConnection(`${path}.copy`)
  copy.pragma('foreign_keys = OFF')
  copy.pragma('ignore_check_constraints = ON')
  const triggers = copy.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).pluck().all() as string[]
  for (const trigger of triggers) copy.exec(['DROP TRIGGER', trigger].join(' '))
})
afterAll(async () => {
  copy?.close()
  server.close()
  await world.close()
})

function verified(): AuditCheck {
  const verification = new AuditVerification(copy, { publicKey: null, heads: [] })
  let check = verification.next()
  while (!check.isDone) check = verification.next()
  verification.close()
  return check
}

interface Column {
  name: string
  type: string
}

function columnsOf(table: string): Column[] {
  return copy.prepare<[string], Column>('SELECT name, type FROM pragma_table_info(?)').all(table)
}

/** Another value of the column's type, in one row of the table. */
function change(table: string, { name, type }: Column): void {
  const other = { INTEGER: `coalesce(${name}, 0) + 1`, TEXT: `coalesce(${name}, '') || 'x'`, BLOB: `x'00'` }[type] ?? ''
  const { changes } = copy
    .prepare(['UPDATE', table, 'SET', name, '=', other, 'WHERE rowid = (SELECT max(rowid) FROM', table, ')'].join(' '))
    .run()
  expect(changes, `${table} has a row`).toBe(1)
}

it('[S26] knows of every table whether its rows are recorded', () => {
  const tables = copy
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .pluck()
    .all() as string[]
  const known = [...RECORDED_TABLES.map(({ name }) => name), ...Object.keys(UNRECORDED_TABLES)]
  expect(tables.toSorted()).toEqual(known.toSorted())
})

it('[S26] names a change of any column of any recorded table, and a row that was taken away', () => {
  expect(verified()).toMatchObject({ firstBadSeq: null })
  const unseen: string[] = []
  const covered = [{ name: 'event_body' }]
  for (const { name } of [...RECORDED_TABLES, ...covered]) {
    for (const column of columnsOf(name)) {
      const before = copy.prepare(['SELECT * FROM', name].join(' ')).raw().all() as unknown[][]
      change(name, column)
      if (verified().firstBadSeq === null) unseen.push(`${name}.${column.name}`)
      restore(name, before)
    }
    const before = copy.prepare(['SELECT * FROM', name].join(' ')).raw().all() as unknown[][]
    copy.exec(['DELETE FROM', name, 'WHERE rowid = (SELECT max(rowid) FROM', name, ')'].join(' '))
    if (verified().firstBadSeq === null) unseen.push(`${name}: a row`)
    restore(name, before)
  }
  expect(unseen).toEqual([])
  expect(verified()).toMatchObject({ firstBadSeq: null })
})

function restore(table: string, rows: unknown[][]): void {
  copy.exec(['DELETE FROM', table].join(' '))
  const marks = (rows[0] ?? []).map(() => '?').join(', ')
  const insert = copy.prepare(['INSERT INTO', table, 'VALUES (', marks, ')'].join(' '))
  for (const row of rows) insert.run(...row)
}
