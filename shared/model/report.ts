import { z } from 'zod'
import { jsonValue } from './json.ts'
import { actionState, chainState, severity } from './states.ts'

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

/** Who graded a report last; null: nobody yet. */
const gradedBy = z.enum(['policy', 'analyst']).nullable()

/** One report in the list. */
export const reportRow = z.object({
  id: z.string(),
  seq: z.number(),
  title: z.string(),
  detector: z.string(),
  ruleId: z.string(),
  alertKey: z.string(),
  status: reportStatus,
  /** Null before the first review. */
  severity: reportSeverity.nullable(),
  gradedBy,
  /** Inspections that have not answered, and whether something came that no review has seen. */
  openInspections: z.number(),
  isInReview: z.boolean(),
  alertCount: z.number(),
  createdAt: z.number(),
  lastAt: z.number(),
  /** Actions of its chains that wait for the analyst. */
  waiting: z.number(),
})
export type ReportRow = z.infer<typeof reportRow>

export const inspectionState = z.enum(['waiting', 'succeeded', 'failed', 'skipped'])

const failureText = z.object({ code: z.string(), message: z.string() })

/** One question that a policy asked about an attribute. */
export const inspectionView = z.object({
  id: z.string(),
  uses: z.string(),
  state: inspectionState,
  error: failureText.nullable(),
  /** How often it was tried, and when it is tried next (epoch ms). */
  tries: z.number(),
  nextAt: z.number().nullable(),
  settledAt: z.number().nullable(),
})
export type InspectionView = z.infer<typeof inspectionView>

export const findingView = z.object({
  id: z.string(),
  author: z.string(),
  type: z.enum(['user', 'host', 'binary', 'result']),
  content: jsonValue,
  summary: z.string(),
  at: z.number(),
})
export type FindingView = z.infer<typeof findingView>

/** What this desk knows of the same value from before: alerts, and grades of other reports. */
export const seenBefore = z.object({
  alerts: z.number(),
  reports: z.number(),
  lastAt: z.number().nullable(),
  grades: z.array(z.object({ severity: reportSeverity, count: z.number() })),
})
export type SeenBefore = z.infer<typeof seenBefore>

/** An attribute of a report with all that was found about it. */
export const entityView = z.object({
  hash: z.string(),
  type: z.string(),
  key: z.string(),
  value: z.string(),
  context: z.array(z.string()),
  timestamp: z.string().nullable(),
  /** 0: an alert named it; else how many findings lead to it, the last of which is by `broughtUpBy`. */
  depth: z.number(),
  broughtUpBy: z.string().nullable(),
  /** The attribute whose finding brought it up. */
  parentHash: z.string().nullable(),
  /** The alerts of the report (those that are listed) that name it. */
  alertIds: z.array(z.string()),
  isInspected: z.boolean(),
  inspections: z.array(inspectionView),
  findings: z.array(findingView),
  seenBefore,
})
export type EntityView = z.infer<typeof entityView>

export const reviewView = z.object({
  id: z.string(),
  at: z.number(),
  by: z.enum(['policy', 'analyst']),
  severity: reportSeverity,
  reason: z.string(),
  /** Number of the policy version; null where no policy decided. */
  policyNumber: z.number().nullable(),
  alertCount: z.number(),
  findingCount: z.number(),
  openCount: z.number(),
})
export type ReviewView = z.infer<typeof reviewView>

/** A state of a report that was made known, and the chain that carried it out; null where the workspace has no package emit. */
export const emissionView = z.object({
  id: z.string(),
  at: z.number(),
  status: reportStatus,
  severity: reportSeverity.nullable(),
  chain: z.object({ id: z.string(), state: chainState }).nullable(),
  actions: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      title: z.string(),
      state: actionState,
      at: z.number(),
    }),
  ),
})
export type EmissionView = z.infer<typeof emissionView>

/** Everything about one report. Lists are bounded; the counts of the row go on. */
export const reportDetail = reportRow.extend({
  cause: z.string(),
  reason: z.string(),
  gradedAt: z.number().nullable(),
  closesAt: z.number(),
  inspectAt: z.number().nullable(),
  reviewAt: z.number().nullable(),
  /** Why it takes no further attributes; empty: it does. */
  stopped: z.string(),
  alerts: z.array(z.object({ id: z.string(), title: z.string(), severity, value: z.string(), createdAt: z.number() })),
  entities: z.array(entityView),
  /** Newest first. */
  reviews: z.array(reviewView),
  emissions: z.array(emissionView),
})
export type ReportDetail = z.infer<typeof reportDetail>

export const reportFilter = z
  .object({
    severities: z.array(reportSeverity),
    /** Part of title, detector, rule or key; empty: all. */
    text: z.string().max(200),
    /** Those that an entity of this value is in; empty: all. */
    value: z.string().max(1024),
  })
  .strict()
export type ReportFilter = z.infer<typeof reportFilter>
