import { z } from 'zod'
import { effect, responseMode } from './states.ts'

/** With 0 everything that contains waits. */
const cap = z.number().int().min(0).max(100_000)

/** Settings that the analyst may change; the keys are the rows of table `setting`. */
export const settings = z.object({
  'receiver.address': z.string(),
  'receiver.maxBodyBytes': z.number().int().min(1024).max(33_554_432),
  'sns.topics': z.array(z.string()),
  /** Whether GraphQL answers. */
  'read.graphql': z.boolean(),
  /** Of the token that reads over HTTP, in hexadecimal; empty: there is none. */
  'read.tokenSha256': z.string().regex(/^([0-9a-f]{64})?$/),
  'response.mode': responseMode,
  /** Names, addresses and ranges that nothing contains, beside those that are built in. */
  'contain.protected': z.array(z.string()).max(1000, 'At most 1,000 protected targets'),
  /** How many targets one rule holds contained at one time, one hour sees contained and one run of a chain contains, unasked. */
  'contain.maxPerRule': cap,
  'contain.maxPerHour': cap,
  'contain.maxPerChain': cap,
  'quarantine.roots': z.array(z.string()),
  /** Fingerprints of scripts that may run as their declarations say (`script-trust.ts`), each with the file that it was of. */
  'scripts.trusted': z.record(z.string().regex(/^[0-9a-f]{64}$/), z.string()),
  'env.variables': z.record(z.string(), z.string()),
  'env.process': z.array(z.string()),
  'net.allow': z.array(z.string()),
  'net.proxy': z.string(),
  'net.caFile': z.string(),
  'service.urls': z.record(z.string(), z.string()),
  'retention.days': z.number().int().min(1).max(3650),
  'retention.maxBytes': z.number().int().min(0),
  /** For how long alerts of one cause gather in one report, from the first one on. */
  'report.windowSeconds': z.number().int().min(1).max(2_592_000),
  /** How long after an alert its attributes are inspected, and at the latest the report is reviewed. */
  'report.inspectDelaySeconds': z.number().int().min(0).max(86_400),
  'report.reviewDelaySeconds': z.number().int().min(0).max(604_800),
  'approval.expiryHours': z.number().min(0.01).max(8760),
})
export type Settings = z.infer<typeof settings>
export type SettingKey = keyof Settings

/** A script of the live policy version, as it is run. */
export const scriptRow = z.object({
  /** Of its bytes, its environment and the effect that it is declared to have: what is trusted. */
  fingerprint: z.string(),
  /** In the workspace. */
  file: z.string(),
  sha256: z.string(),
  /** Names of the actions that run it so. */
  actions: z.array(z.string()),
  effect,
  env: z.record(z.string(), z.string()),
  source: z.string(),
  trust: z.enum(['trusted', 'changed', 'none']),
})
export type ScriptRow = z.infer<typeof scriptRow>

export const secretRow = z.object({
  name: z.string(),
  hosts: z.array(z.string()),
  updatedAt: z.number(),
  isReadable: z.boolean(),
})
export type SecretRow = z.infer<typeof secretRow>
