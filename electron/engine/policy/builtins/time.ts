import type { Builtin } from './builtin.ts'

export const timeBuiltins: Record<string, Builtin> = {
  'time.now_ns': (context) => context.nowNs,
}
