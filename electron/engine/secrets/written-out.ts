import type { JsonValue } from '../../../shared/model/json.ts'
import { REDACTED } from './redact.ts'

/** Names under which a policy may have written a secret out instead of naming it. */
const SECRET_NAME = /^(secret_.*|password|bearer)$/

/** A secret's handle is no secret: it is printed as ‹NAME›. */
const HANDLE = /secret:[A-Za-z_][A-Za-z0-9_]{0,127}:[0-9a-f]{64}/

/** Whether what stands under a name is a secret, as a policy writes it. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** The texts that stand under such names, at any depth. */
export function writtenOutSecrets(value: JsonValue, isSecret = false): string[] {
  if (typeof value === 'string') return isSecret ? [value] : []
  if (Array.isArray(value)) return value.flatMap((item) => writtenOutSecrets(item, isSecret))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => writtenOutSecrets(item, isSecret || isSecretName(key)))
}

/** A copy in which whatever stands under such a name, at any depth, reads `[REDACTED]`; handles stay. */
export function withoutWrittenOut(value: JsonValue, isSecret = false): JsonValue {
  if (Array.isArray(value)) return value.map((item) => withoutWrittenOut(item, isSecret))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, withoutWrittenOut(item, isSecret || isSecretName(key))]),
    )
  }
  return isSecret && !HANDLE.test(String(value)) ? REDACTED : value
}
