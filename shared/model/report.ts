import { z } from 'zod'
import { jsonValue } from './json.ts'

/** DeepAlert's grades, the mildest first; what nobody could grade is `unclassified`. */
export const reportSeverity = z.enum(['safe', 'unclassified', 'urgent'])
export type ReportSeverity = z.infer<typeof reportSeverity>

/** `new`: its first alert came; `more`: a further one; `published`: graded. */
export const reportStatus = z.enum(['new', 'more', 'published'])
export type ReportStatus = z.infer<typeof reportStatus>

/** What inspectors look up: an address, a name, a hash that an alert or a finding brought up. In DeepAlert's form. */
export const reportAttribute = z.object({
  /** `ipaddr`, `domain`, `username`, `filehashvalue`, `url`, `json`, or what a policy calls it. */
  type: z.string(),
  key: z.string(),
  value: z.string(),
  /** `remote`, `local`, `subject`, `object`, `client`, `server`, `file`, `additional`. */
  context: z.array(z.string()),
  /** RFC 3339; absent where nobody said when it was seen. */
  timestamp: z.string().optional(),
})
export type ReportAttribute = z.infer<typeof reportAttribute>

const texts = z.array(z.string()).optional()
const activity = z.object({
  service_name: z.string().optional(),
  remote_addr: z.string().optional(),
  principal: z.string().optional(),
  action: z.string().optional(),
  target: z.string().optional(),
  last_seen: z.string().optional(),
})
const scan = z.object({
  vendor: z.string().optional(),
  name: z.string().optional(),
  positive: z.boolean().optional(),
  source: z.string().optional(),
})
const malware = z.object({
  sha256: z.string().optional(),
  timestamp: z.string().optional(),
  scans: z.array(scan).optional(),
  relation: z.string().optional(),
})
const domain = z.object({
  name: z.string().optional(),
  timestamp: z.string().optional(),
  source: z.string().optional(),
})
const relatedUrl = z.object({
  url: z.string().optional(),
  reference: z.string().optional(),
  timestamp: z.string().optional(),
  source: z.string().optional(),
})
const software = z.object({
  name: z.string().optional(),
  location: z.string().optional(),
  last_seen: z.string().optional(),
})

/** The three contents of DeepAlert; fields that it does not know are dropped. Times are RFC 3339. */
export const userContent = z.object({ activities: z.array(activity).optional() })
export const hostContent = z.object({
  ipaddr: texts,
  country: texts,
  as_owner: texts,
  related_domains: z.array(domain).optional(),
  related_urls: z.array(relatedUrl).optional(),
  related_malware: z.array(malware).optional(),
  activities: z.array(activity).optional(),
  username: texts,
  owner: texts,
  os: texts,
  macaddr: texts,
  hostname: texts,
  software: z.array(software).optional(),
})
export const binaryContent = z.object({
  related_malware: z.array(malware).optional(),
  software: texts,
  os: texts,
  activities: z.array(activity).optional(),
})

/**
 * What one inspector says about an attribute. `result` holds what is in none of DeepAlert's three forms: an answer that a
 * review policy can still read.
 */
export const content = z.discriminatedUnion('type', [
  z.object({ type: z.literal('user'), content: userContent }),
  z.object({ type: z.literal('host'), content: hostContent }),
  z.object({ type: z.literal('binary'), content: binaryContent }),
  z.object({ type: z.literal('result'), content: jsonValue }),
])
export type Content = z.infer<typeof content>

/** What an inspection gives: DeepAlert's TaskResult. */
export interface Inspected {
  /** A line for a person, of what was found: "12 pulses, newest names credential stuffing". */
  summary: string
  findings: Content[]
  /** What it brought up and is to be inspected as well. */
  attributes: ReportAttribute[]
}
