import { afterEach, expect, test } from 'vitest'
import { openTestStore, type TestStore } from '../../tests/fakes/store.ts'
import { keepPolicyProblem } from './policy-problem.ts'

let store: TestStore
afterEach(() => store.close())

const at = (row: number): { code: string; message: string; file: string; row: number }[] => [
  { code: 'rego_parse_error', message: `unexpected token in line ${row}`, file: 'action/main.rego', row },
]
const rows = (): unknown[] =>
  store.db.prepare('SELECT message, resolved_at IS NULL AS open FROM problem ORDER BY seq').all()

test('one problem says why the folder is not live, until it is', async () => {
  store = await openTestStore({ isInMemory: true })
  await keepPolicyProblem(store, null)
  expect(rows()).toEqual([])
  await keepPolicyProblem(store, at(3))
  await keepPolicyProblem(store, at(3))
  expect(rows()).toEqual([{ message: 'unexpected token in line 3', open: 1 }])
  expect(store.problems.openPolicyCompile()).toMatchObject({ code: 'policy_compile', details: { diagnostics: at(3) } })
  await keepPolicyProblem(store, at(9))
  expect(rows()).toEqual([
    { message: 'unexpected token in line 3', open: 0 },
    { message: 'unexpected token in line 9', open: 1 },
  ])
  await keepPolicyProblem(store, null)
  expect(store.problems.openPolicyCompile()).toBeNull()
  const acts = store.db.prepare('SELECT by, kind FROM act ORDER BY seq').all()
  expect(acts).toEqual([
    { by: 'system', kind: 'problem.replaced' },
    { by: 'system', kind: 'problem.processed' },
  ])
})
