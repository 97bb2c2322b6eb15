import { z } from 'zod'
import { binaryContent, type FindingView, hostContent, userContent } from '../../../shared/model/report.ts'

/** What a finding holds beside its summary, ready to be drawn. All of it is somebody else's text. */
export interface ContentParts {
  /** `country` → `DE`, `US` */
  facts: { name: string; values: string[] }[]
  tables: { name: string; columns: string[]; rows: string[][] }[]
}

const any = z.object({ ...hostContent.shape, ...userContent.shape })
type Host = z.infer<typeof any>

const FACTS = {
  ipaddr: 'addresses',
  hostname: 'host names',
  country: 'country',
  as_owner: 'network of',
  owner: 'owner',
  username: 'user names',
  os: 'system',
  macaddr: 'MAC addresses',
} as const satisfies Partial<Record<keyof Host, string>>

/**
 * The parts of a finding in one of DeepAlert's three forms.
 * @returns null where it is in none of them: it is shown as JSON
 */
export function contentParts({ type, content }: Pick<FindingView, 'type' | 'content'>): ContentParts | null {
  if (type === 'result') return null
  if (type === 'binary') {
    const parsed = binaryContent.safeParse(content)
    if (!parsed.success) return null
    const { software, ...rest } = parsed.data
    const parts = partsOf(rest)
    return { ...parts, facts: [...parts.facts, ...fact('software', software)] }
  }
  const parsed = (type === 'host' ? hostContent : userContent).safeParse(content)
  return parsed.success ? partsOf(parsed.data) : null
}

function fact(name: string, values: readonly string[] | undefined): ContentParts['facts'] {
  return values && values.length > 0 ? [{ name, values: [...values] }] : []
}

function partsOf(host: Host): ContentParts {
  const { related_malware, related_domains, related_urls, activities, software } = host
  const tables = [
    table('Related malware', related_malware, {
      SHA256: (each) => each.sha256,
      relation: (each) => each.relation,
      scans: (each) => scansInWords(each.scans ?? []),
      seen: (each) => each.timestamp,
    }),
    table('Related domains', related_domains, {
      domain: (each) => each.name,
      source: (each) => each.source,
      seen: (each) => each.timestamp,
    }),
    table('Related URLs', related_urls, {
      URL: (each) => each.url,
      source: (each) => each.source,
      reference: (each) => each.reference,
      seen: (each) => each.timestamp,
    }),
    table('Activities', activities, {
      principal: (each) => each.principal,
      action: (each) => each.action,
      target: (each) => each.target,
      from: (each) => each.remote_addr,
      service: (each) => each.service_name,
      last: (each) => each.last_seen,
    }),
    table('Software', software, {
      name: (each) => each.name,
      location: (each) => each.location,
      last: (each) => each.last_seen,
    }),
  ]
  const facts = (Object.keys(FACTS) as (keyof typeof FACTS)[]).flatMap((key) => fact(FACTS[key], host[key]))
  return { facts, tables: tables.filter(({ rows }) => rows.length > 0) }
}

/** A table of what is there: a column that is empty in every row is left out. */
function table<Row>(
  name: string,
  rows: readonly Row[] | undefined,
  columns: Record<string, (row: Row) => string | undefined>,
): ContentParts['tables'][number] {
  const all = Object.entries(columns).map(([column, read]) => ({
    column,
    cells: (rows ?? []).map((row) => read(row) ?? ''),
  }))
  const filled = all.filter(({ cells }) => cells.some((cell) => cell !== ''))
  return {
    name,
    columns: filled.map(({ column }) => column),
    rows: filled.length === 0 ? [] : (rows ?? []).map((_, at) => filled.map(({ cells }) => cells[at] ?? '')),
  }
}

interface Scan {
  vendor?: string | undefined
  name?: string | undefined
  positive?: boolean | undefined
}

/** `2 of 3: ClamAV Win.Test, Sophos EICAR` */
function scansInWords(scans: readonly Scan[]): string {
  if (scans.length === 0) return ''
  const positive = scans.filter((scan) => scan.positive === true)
  const names = positive.map((scan) => [scan.vendor, scan.name].filter(Boolean).join(' ')).filter(Boolean)
  return `${positive.length} of ${scans.length}${names.length > 0 ? `: ${names.join(', ')}` : ''}`
}
