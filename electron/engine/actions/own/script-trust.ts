import { canonicalHash } from '../../forms/canonical.ts'
import type { DeclaredAction } from './declaration.ts'

/**
 * What is trusted of a script: its bytes, the environment that it gets (a `PATH` or `LD_PRELOAD` makes other programs of the same
 * bytes), and the effect that it is let have.
 */
export function scriptFingerprint({
  sha256,
  script: { env },
  effect,
}: Extract<DeclaredAction, { kind: 'script.run' }>): string {
  return canonicalHash({ sha256, env, effect })
}
