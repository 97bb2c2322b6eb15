import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { SourceFile } from './types.ts'

/** A source file of these lines. */
export const file = (path: string, ...lines: string[]): SourceFile => ({ path, source: `${lines.join('\n')}\n` })
/** A value as JSON bytes. */
export const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** What a rejection is matched with: the code, and some fields of each diagnostic. */
export const blames = (code: string, ...diagnostics: object[]): object => ({
  code,
  details: { diagnostics: diagnostics.map((one): unknown => expect.objectContaining(one)) },
})

const seed = (name: string): SourceFile => {
  const url = new URL(`../../../../policies/examples/guardduty/${name}`, import.meta.url)
  return { path: name, source: readFileSync(url, 'utf8') }
}
/** The policies of the AlertChain README. */
export const SEED = [seed('alert.rego'), seed('action.rego')]

/** A GuardDuty event with findings of these types and severities. */
export function guardDutyEvent(...findings: [type: string, severity: number][]): Uint8Array {
  const Resource = { InstanceDetails: { InstanceId: 'i-99999999' } }
  return bytes({
    Findings: findings.map(([Type, Severity]) => ({ Type, Severity, Description: 'a lookup', Resource })),
  })
}
