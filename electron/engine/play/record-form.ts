import type { PolicyMeta } from '../policy/compile.ts'
import type { SourceFile } from '../policy/toolchain/types.ts'
import type { Scenario } from './scenario.ts'

/**
 * The forms that AlertChain's `data.json` has had, oldest first, each by the last version that wrote it
 * (`behaviour/alertchain.md` §6, and §0 for which version had which fields).
 */
const FORMS = ['v0.0.9', 'v0.0.16', 'v0.0.20', 'v0.1.0', 'v0.2.2'] as const

export type RecordForm = (typeof FORMS)[number]

/** A scenario of this shape was played by that version at the latest. */
const FORM_OF_SHAPE: Record<Scenario['shape'], RecordForm> = { event: 'v0.0.9', playbook: 'v0.0.16', file: 'v0.0.20' }

/** A key of an object literal; a word in a comment or a title decides nothing. */
const COMMIT_KEY = /"commit"\s*:/
const GLOBAL_KEY = /"global"\s*:/
const PERSIST_KEY = /"persist"\s*:/

/** What a test has that looks for an action where only the oldest record has it: `….results[0].actions[0].action.id`. */
const OLDEST_TEST = [/^[ \t]*test_\w/m, /\.results\b/, /(?<!\binput)\.action\.(?:id|uses|args)\b/]

/**
 * The newest form that policies fit: with `init` or `exit`, or with an action policy in Rego v0 that commits nothing, no
 * version later than v0.0.20 takes them. Of the versions before v0.0.10 only their tests tell.
 * @param sources of all files, tests among them
 */
export function formOfPolicies(
  { generation, isActionV0 }: Pick<PolicyMeta, 'generation' | 'isActionV0'>,
  sources: readonly SourceFile[],
): RecordForm {
  const has = (pattern: RegExp): boolean => sources.some(({ source }) => pattern.test(source))
  if (generation === 'exit' || (isActionV0 && !has(COMMIT_KEY)))
    return sources.some(({ source }) => OLDEST_TEST.every((part) => part.test(source))) ? 'v0.0.9' : 'v0.0.20'
  return has(GLOBAL_KEY) && !has(PERSIST_KEY) ? 'v0.1.0' : 'v0.2.2'
}

/**
 * The form in which a scenario is recorded: the newest that the policies fit, and among the forms before `commit` the newest
 * that the scenario's own shape fits too.
 * @param ofPolicies `formOfPolicies`
 */
export function recordForm(ofPolicies: RecordForm, { shape }: Pick<Scenario, 'shape'>): RecordForm {
  if (hasCommits(ofPolicies)) return ofPolicies
  const ofShape = FORM_OF_SHAPE[shape]
  return FORMS.indexOf(ofShape) < FORMS.indexOf(ofPolicies) ? ofShape : ofPolicies
}

/** Whether the form is one of the versions whose actions commit; before them `data.json` was one line. */
export function hasCommits(form: RecordForm): boolean {
  return FORMS.indexOf(form) >= FORMS.indexOf('v0.1.0')
}
