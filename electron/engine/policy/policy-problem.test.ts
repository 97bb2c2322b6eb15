import { afterEach, expect, test } from 'vitest'
import { openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { keepMissingReferences, keepPolicyProblem } from './policy-problem.ts'

let store: TestStore
afterEach(() => store.close())

const at = (row: number): { code: string; message: string; file: string; row: number }[] => [
  { code: 'rego_parse_error', message: `unexpected token in line ${row}`, file: 'action/main.rego', row },
]
const rows = (): unknown[] =>
  store.db.prepare('SELECT message, resolved_at IS NULL AS open FROM problem ORDER BY seq').all()

test('one problem says why the folder is not live, until it is', async () => {
  store = await openTestStore({ isInMemory: true })
  await keepPolicyProblem(store, 'policy_compile', null)
  expect(rows()).toEqual([])
  await keepPolicyProblem(store, 'policy_compile', at(3))
  await keepPolicyProblem(store, 'policy_compile', at(3))
  expect(rows()).toEqual([{ message: 'unexpected token in line 3', open: 1 }])
  expect(store.problems.openPolicy('policy_compile')).toMatchObject({
    code: 'policy_compile',
    details: { diagnostics: at(3) },
  })
  await keepPolicyProblem(store, 'policy_compile', at(9))
  expect(rows()).toEqual([
    { message: 'unexpected token in line 3', open: 0 },
    { message: 'unexpected token in line 9', open: 1 },
  ])
  await keepPolicyProblem(store, 'policy_compile', null)
  expect(store.problems.openPolicy('policy_compile')).toBeNull()
  const acts = store.db.prepare('SELECT by, kind FROM act ORDER BY seq').all()
  expect(acts).toEqual([
    { by: 'system', kind: 'problem.replaced' },
    { by: 'system', kind: 'problem.processed' },
  ])
})

test('another says what the policies ask for in vain, with its place, until it is there', async () => {
  store = await openTestStore({ isInMemory: true })
  const references = {
    env: [
      { name: 'HOOK', file: 'a.rego', row: 3 },
      { name: 'THERE', file: 'a.rego', row: 4 },
    ],
    uses: [
      { name: 'slack.pots', file: 'b.rego', row: 9 },
      { name: 'slack.post', file: 'b.rego', row: 12 },
      // Legal: nothing is executed, commits apply.
      { name: '', file: 'b.rego', row: 15 },
    ],
    computed: [],
    readsRaw: false,
  }
  let lacking: ReturnType<typeof at> = []
  const keep = (names: string[], asked: typeof references | null = references): Promise<boolean> => {
    const env = Object.fromEntries(names.map((name) => [name, 'x']))
    const forPolicies = () => Promise.resolve({ env, plain: {}, secretNames: [] })
    const given = asked && { references: asked, missingRules: lacking, ownActions: [] }
    return keepMissingReferences(store, { needs: () => given }, { forPolicies }, store.log)
  }
  expect(await keep(['THERE'])).toBe(true)
  expect(await keep(['THERE'])).toBe(false)
  expect(store.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
    { code: 'env_missing', file: 'a.rego', row: 3 },
    { code: 'action_unknown', file: 'b.rego', row: 9 },
  ])
  expect(store.problems.openPolicy('policy_references')?.message).toMatch(/^input\.env\.HOOK is not there/)
  await keep(['THERE', 'HOOK'])
  expect(store.problems.openPolicy('policy_references')?.message).toMatch(/^There is no action "slack\.pots"/)
  lacking = [{ ...at(1)[0]!, code: 'rule_missing', message: 'Package review has no rule' }]
  await keep(['THERE'])
  expect(store.problems.openPolicy('policy_references')?.message).toMatch(/^Package review has no rule/)
  await keep([], null)
  expect(store.problems.openPolicy('policy_references')).toBeNull()
})
