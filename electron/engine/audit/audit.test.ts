import { rmSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { newEvent, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { canonicalJson } from '../forms/canonical.ts'
import { RECORDED_TABLES } from './recorded-rows.ts'
import { AuditVerification, LAST_RECORDS, unrecordedIn, type AuditCheck } from './verify.ts'

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
  // Row 1 names the key. Each of these commits is one row more.
  for (let index = 0; index < 5; index += 1) {
    await store.writer.commit('event', (tx) => {
      store.events.insert(tx, newEvent())
      tx.act({
        by: 'analyst',
        kind: 'note',
        subjectKind: 'alert',
        subjectId: 'a',
        after: { n: index },
        reason: '\ud800',
      })
    })
  }
})
afterEach(() => store.close())

/** Another program with the file open, which first takes the guards away. */
function tamper(sql: string): void {
  const other = new Database(store.paths!.database)
  for (const table of ['audit', 'act', 'audit_key']) {
    for (const what of ['update', 'delete']) other.exec(['DROP TRIGGER', `${table}_no_${what}`].join(' '))
  }
  other.exec(sql)
  other.close()
}

function verified(expected: ConstructorParameters<typeof AuditVerification>[1]): AuditCheck {
  const verification = new AuditVerification(store.db, expected)
  let check = verification.next()
  while (!check.isDone) check = verification.next()
  verification.close()
  return check
}

test('[S26] an untouched store verifies, also after opening again', async () => {
  expect(await store.audit.verify()).toMatchObject({ isIntact: true, rows: 6, records: 11, firstBadSeq: null })
  await store.reopen()
  expect(await store.audit.verify()).toMatchObject({ isIntact: true, rows: 6 })
})

test.each([
  ['edited', `UPDATE audit SET records = '[]' WHERE seq = 4`, 4],
  ['edited time', `UPDATE audit SET at = at + 1 WHERE seq = 2`, 2],
  ['deleted', `DELETE FROM audit WHERE seq = 3`, 3],
  ['deleted at the end', `DELETE FROM audit WHERE seq > 4`, 5],
  [
    'deleted at the end with its counter',
    `DELETE FROM audit WHERE seq > 4; UPDATE sqlite_sequence SET seq = 4 WHERE name = 'audit'`,
    5,
  ],
  ['inserted at the end', `INSERT INTO audit SELECT 7, at, records, hash, hash, signature FROM audit WHERE seq = 6`, 7],
  [
    'inserted between',
    `UPDATE audit SET seq = seq + 1000 WHERE seq > 4; INSERT INTO audit SELECT 5, at, records, prev_hash, hash, signature FROM audit WHERE seq = 4`,
    5,
  ],
  [
    'signed with something else',
    `UPDATE audit SET signature = (SELECT signature FROM audit WHERE seq = 3) WHERE seq = 5`,
    5,
  ],
  ['whose act was edited', `UPDATE act SET reason = 'other' WHERE seq = 2`, 3],
  ['whose act was deleted', `DELETE FROM act WHERE seq = 3`, 4],
  ['whose key was changed', `UPDATE audit_key SET public_key = 'x'`, 1],
])('[S26] names the row that was %s', async (_what, sql, seq) => {
  tamper(sql)
  expect(await store.audit.verify()).toMatchObject({ isIntact: false, firstBadSeq: seq })
})

test('[S26] a row that the app did not write is named', async () => {
  tamper(
    `INSERT INTO act SELECT 9, 'x', at, by, kind, subject_kind, subject_id, chain_id, round_no, action_id, attempt_no, before, after, reason FROM act WHERE seq = 1`,
  )
  const { isIntact, message } = await store.audit.verify()
  expect({ isIntact, message }).toEqual({
    isIntact: false,
    message: expect.stringContaining('row 9 of act was never recorded') as string,
  })
})

test('[S26] the app itself can neither change nor delete a row', () => {
  for (const table of ['audit', 'act', 'audit_key']) {
    expect(() => store.db.exec(['UPDATE', table, 'SET seq = seq + 100'].join(' '))).toThrow('append-only')
    expect(() => store.db.exec(['DELETE FROM', table].join(' '))).toThrow('append-only')
  }
  expect(() => store.db.exec(`INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2`)).toThrow('append-only')
})

test('the time and memory that it takes grow with the records: one look-up each, no statement of its own', async () => {
  store.db.exec(LAST_RECORDS)
  for (const { name, key } of RECORDED_TABLES) {
    const plan = store.db.prepare(['EXPLAIN QUERY PLAN', unrecordedIn(name, key)].join(' ')).all('') as {
      detail: string
    }[]
    expect(plan.map(({ detail }) => detail)).toContain('SEARCH temp.last_record USING PRIMARY KEY (name=? AND key=?)')
  }
  const prepare = vi.spyOn(Database.prototype, 'prepare')
  const statements = (): number => {
    prepare.mockClear()
    expect(verified({ publicKey: null, heads: [] }).firstBadSeq).toBeNull()
    return prepare.mock.calls.length
  }
  const before = statements()
  const act = { by: 'system', kind: 'test', subjectKind: 'store', subjectId: 'x' }
  await store.writer.commit('test', (tx) => {
    for (let count = 0; count < 500; count += 1) tx.act(act)
  })
  expect(statements()).toBe(before)
  prepare.mockRestore()
})

test("[S30] the key file is the owner's alone; a lost one is made anew and the trail says so", async () => {
  expect(statSync(store.paths!.auditKey).mode & 0o777).toBe(0o600)
  const before = store.audit.publicKey
  rmSync(store.paths!.auditKey)
  await store.reopen()
  expect(store.audit.publicKey).not.toBe(before)
  expect(await store.audit.verify()).toMatchObject({
    isIntact: true,
    rows: 7,
    message: expect.stringContaining('2 keys') as string,
  })
})

test("[S26] a trail under another key than the folder's, or without the row that was remembered, is not intact", async () => {
  const other = await openTestStore()
  expect(verified({ publicKey: other.audit.publicKey, heads: [] }).firstBadSeq).toBe(6)
  expect(verified({ publicKey: null, heads: [{ seq: 7, hash: 'x', where: '' }] })).toMatchObject({ firstBadSeq: 7 })
  expect(verified({ publicKey: null, heads: [{ seq: 3, hash: 'x', where: '' }] })).toMatchObject({ firstBadSeq: 3 })
  expect(verified({ publicKey: store.audit.publicKey, heads: [] })).toMatchObject({ firstBadSeq: null })
  await other.close()
})

test('canonical text is RFC 8785, and lone surrogates do not stop it', () => {
  expect(canonicalJson({ b: 1e21, a: [true, null, '\u20ac'], '': 0.1 })).toBe('{"":0.1,"a":[true,null,"€"],"b":1e+21}')
  expect(canonicalJson({ a: '\ud800', '\udc00': 1 })).toBe('{"a":"�","�":1}')
  expect(() => canonicalJson(undefined)).toThrow(TypeError)
})
