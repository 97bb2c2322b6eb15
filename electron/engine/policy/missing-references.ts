import { ACTION_NAMES } from '../actions/action-names.ts'
import type { PolicyMeta } from './compile.ts'
import type { Diagnostic, Reference } from './toolchain/types.ts'

/** What a compiled policy asks its surroundings for, and what it should have and has not. */
export type PolicyNeeds = Pick<PolicyMeta, 'references' | 'missingRules' | 'ownActions'>

/**
 * What the policies ask for in vain, and where they are asked in vain. A rule that reads a variable that is not there is undefined: its
 * action would be missing without a word. Names that are only known when the policy runs (`References.computed`) are not
 * among them, nor is an empty `uses`: such an action only commits.
 * @param hasVariable whether `input.env` has, or may have, the variable
 */
export function missingReferences(
  { references: { env, uses }, missingRules, ownActions }: PolicyNeeds,
  hasVariable: (name: string) => boolean,
): Diagnostic[] {
  const variables = env
    .filter(({ name }) => !hasVariable(name))
    .map((one) =>
      at(
        one,
        'env_missing',
        `input.env.${one.name} is not there, so what reads it is undefined: name it in TOCSIN_ENV where the process has it, or add it under Settings.`,
      ),
    )
  const own = new Set(ownActions.map(({ name }) => name))
  const actions = uses
    .filter(({ name }) => name !== '' && !Object.hasOwn(ACTION_NAMES, name) && !own.has(name))
    .map((one) => at(one, 'action_unknown', `There is no action "${one.name}": docs/ACTIONS.md lists those there are.`))
  return [...missingRules, ...variables, ...actions]
}

function at({ file, row }: Reference, code: string, message: string): Diagnostic {
  return { code, message, file, row }
}
