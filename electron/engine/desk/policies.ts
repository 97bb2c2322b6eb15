import type { DeskContext, Handlers } from './context.ts'

/** One policy version with its sources. */
export function policyHandlers({ store }: DeskContext): Handlers<'policies.version'> {
  return { 'policies.version': (arg) => store.reader.query('policies.version', arg) }
}
