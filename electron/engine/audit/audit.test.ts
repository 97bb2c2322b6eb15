import { statSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newEvent, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { canonicalJson } from '../canonical.ts'

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
  // Row 1 names the key. Each of these commits holds an event and an act: rows 2-3, 4-5, 6-7.
  for (let index = 0; index < 3; index += 1) {
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
  for (const table of ['audit', 'act']) {
    for (const what of ['update', 'delete']) other.exec(['DROP TRIGGER', `${table}_no_${what}`].join(' '))
  }
  other.exec(sql)
  other.close()
}

test('[S26] an untouched trail verifies, also after opening again', async () => {
  expect(await store.audit.verify()).toMatchObject({ isIntact: true, rows: 7, firstBadSeq: null })
  await store.reopen()
  expect(await store.audit.verify()).toMatchObject({ isIntact: true, rows: 7 })
})

test.each([
  ['edited', `UPDATE audit SET subject = 'x' WHERE seq = 4`, 4],
  ['edited time', `UPDATE audit SET at = at + 1 WHERE seq = 2`, 2],
  ['deleted', `DELETE FROM audit WHERE seq = 3`, 3],
  ['deleted at the end', `DELETE FROM audit WHERE seq > 5`, 6],
  [
    'inserted at the end',
    `INSERT INTO audit SELECT 8, at, kind, subject, record_sha256, hash, hash, signature FROM audit WHERE seq = 7`,
    8,
  ],
  [
    'inserted between',
    `UPDATE audit SET seq = seq + 1000 WHERE seq > 4; INSERT INTO audit SELECT 5, at, kind, subject, record_sha256, prev_hash, hash, signature FROM audit WHERE seq = 4`,
    5,
  ],
  ['unsigned', `UPDATE audit SET signature = NULL WHERE seq = 7`, 6],
  [
    'signed with something else',
    `UPDATE audit SET signature = (SELECT signature FROM audit WHERE seq = 3) WHERE seq = 5`,
    4,
  ],
  ['whose act was edited', `UPDATE act SET reason = 'other' WHERE seq = 2`, 5],
  ['whose act was deleted', `DELETE FROM act WHERE seq = 3`, 7],
])('[S26] names the row that was %s', async (_what, sql, seq) => {
  tamper(sql)
  const report = await store.audit.verify()
  expect(report).toMatchObject({ isIntact: false, firstBadSeq: seq })
})

test('[S26] the app itself can neither change nor delete a row', () => {
  for (const table of ['audit', 'act']) {
    expect(() => store.db.exec(['UPDATE', table, 'SET at = 0'].join(' '))).toThrow('append-only')
    expect(() => store.db.exec(['DELETE FROM', table].join(' '))).toThrow('append-only')
  }
  expect(() => store.db.exec(`INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2`)).toThrow('append-only')
})

test("[S30] the key file is the owner's alone; a lost one is made anew and the trail says so", async () => {
  expect(statSync(store.paths!.auditKey).mode & 0o777).toBe(0o600)
  const before = store.audit.publicKey
  rmSync(store.paths!.auditKey)
  await store.reopen()
  expect(store.audit.publicKey).not.toBe(before)
  expect(await store.audit.verify()).toMatchObject({
    isIntact: true,
    rows: 8,
    message: expect.stringContaining('2 keys') as string,
  })
})

test("a chain under another key than the folder's is not intact", async () => {
  const other = await openTestStore()
  const foreign = await other.audit.verify()
  expect(foreign.isIntact).toBe(true)
  const check = await import('./verify.ts')
  let state = check.CHECK_START
  while (!state.isDone) state = check.verifySlice(store.db, state, other.audit.publicKey)
  expect(state.firstBadSeq).toBe(7)
  await other.close()
})

test('canonical text is RFC 8785, and lone surrogates do not stop it', () => {
  expect(canonicalJson({ b: 1e21, a: [true, null, '\u20ac'], '': 0.1 })).toBe('{"":0.1,"a":[true,null,"€"],"b":1e+21}')
  expect(canonicalJson({ a: '\ud800', '\udc00': 1 })).toBe('{"a":"�","�":1}')
  expect(() => canonicalJson(undefined)).toThrow(TypeError)
})
