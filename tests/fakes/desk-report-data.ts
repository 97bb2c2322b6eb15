import type {
  EntityView,
  FindingView,
  InspectionView,
  ReportDetail,
  ReportRow,
  ReviewView,
} from '../../shared/model/report.ts'
import { HOUR, MINUTE } from './desk-data.ts'

const TITLES: readonly [string, string, string][] = [
  ['Credential use from outside', 'guardduty', 'ci-deploy'],
  ['Trojan:EC2/DropPoint!DNS', 'guardduty', 'web-03'],
  ['Terminal shell in container', 'falco', 'payments-7d9f'],
  ['Port probe', 'guardduty', '203.0.113.77'],
  ['Html.Phishing.Bank-3', 'clamav', 'invoice-0412.eml'],
  ['Root credential usage', 'guardduty', '111122223333'],
  ['Read sensitive file', 'falco', 'build-12'],
]
const GRADES = ['urgent', null, 'unclassified', 'safe', 'unclassified', 'safe', 'safe'] as const

/** A made-up row; the same number always gives the same one. The first is urgent, the second in review. */
export function reportRow(no: number, seq: number, lastAt: number, change: Partial<ReportRow> = {}): ReportRow {
  const [title, detector, alertKey] = TITLES[no % TITLES.length] ?? ['', '', '']
  const severity = GRADES[no % GRADES.length] ?? null
  return {
    id: `report-${seq}`,
    seq,
    title,
    detector,
    ruleId: `${detector}.${alertKey.replaceAll(/\W/g, '_')}`,
    alertKey,
    status: severity === null ? 'more' : 'published',
    severity,
    gradedBy: severity === null ? null : no % 5 === 4 ? 'analyst' : 'policy',
    openInspections: severity === null ? 2 : 0,
    isInReview: severity === null,
    alertCount: 1 + ((no * 7 + 3) % 41),
    createdAt: lastAt - 2 * HOUR,
    lastAt,
    waiting: no === 0 ? 1 : 0,
    ...change,
  }
}

/** Asked again it is the same one, as the engine's is. */
export function finding(author: string, summary: string, change: Partial<FindingView> = {}): FindingView {
  return {
    id: `finding-${author}-${summary}`,
    author,
    type: 'host',
    content: {},
    summary,
    at: Date.now() - 9 * MINUTE,
    ...change,
  }
}

export function inspection(uses: string, change: Partial<InspectionView> = {}): InspectionView {
  const at = Date.now() - 9 * MINUTE
  return {
    id: `inspection-${uses}`,
    uses,
    state: 'succeeded',
    error: null,
    tries: 1,
    nextAt: null,
    settledAt: at,
    ...change,
  }
}

export function entity(value: string, type: string, context: string[], change: Partial<EntityView> = {}): EntityView {
  return {
    hash: `hash-${value.replaceAll(/\W/g, '-')}`,
    type,
    key: type,
    value,
    context,
    timestamp: null,
    depth: 0,
    broughtUpBy: null,
    parentHash: null,
    alertIds: [],
    isInspected: true,
    inspections: [],
    findings: [],
    seenBefore: { alerts: 0, reports: 0, lastAt: null, grades: [] },
    ...change,
  }
}

const MALWARE = {
  sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
  relation: 'communicated with',
  timestamp: '2026-11-28T10:02:11Z',
  scans: [
    { vendor: 'ClamAV', name: 'Win.Test.EICAR_HDB-1', positive: true },
    { vendor: 'Sophos', name: 'EICAR-AV-Test', positive: true },
    { vendor: 'Other', positive: false },
  ],
}

function entities(alertIds: string[]): EntityView[] {
  const address = entity('198.51.100.23', 'ipaddr', ['remote'], {
    alertIds,
    inspections: [
      inspection('otx.indicator'),
      inspection('abuseipdb.check', {
        id: 'inspection-failed',
        state: 'failed',
        tries: 5,
        error: { code: 'http_status', message: 'HTTP 429 from api.abuseipdb.com: daily quota exceeded.' },
      }),
    ],
    findings: [
      finding('otx.indicator', '12 pulses, newest names credential stuffing at https://evil.example.com/login', {
        content: {
          ipaddr: ['198.51.100.23'],
          country: ['DE'],
          as_owner: ['AS64500 Example Hosting'],
          related_malware: [MALWARE],
          related_domains: [{ name: 'c2.example.com', source: 'passive DNS', timestamp: '2026-11-27T08:00:00Z' }],
          related_urls: [{ url: 'http://c2.example.com/drop', source: 'pulse' }],
          activities: [{ principal: 'ci-deploy', action: 'ListBuckets', target: 'backups-eu', service_name: 's3' }],
        },
      }),
      finding('rdap.lookup', 'AS64500, no reverse name', {
        type: 'result',
        content: { handle: 'AS64500', name: null },
      }),
    ],
    seenBefore: {
      alerts: 41,
      reports: 3,
      lastAt: Date.now() - 3 * 24 * HOUR,
      grades: [
        { severity: 'urgent', count: 1 },
        { severity: 'safe', count: 2 },
      ],
    },
  })
  return [
    address,
    entity('ci-deploy', 'username', ['subject'], {
      alertIds,
      inspections: [inspection('cloudtrail'), inspection('history', { state: 'waiting', tries: 0, settledAt: null })],
      findings: [finding('cloudtrail', 'ListBuckets 37 ×, GetObject 1,204 ×', { type: 'user', content: {} })],
    }),
    entity(MALWARE.sha256, 'filehashvalue', ['file'], {
      depth: 1,
      broughtUpBy: 'otx.indicator',
      parentHash: address.hash,
      findings: [
        finding('virustotal.lookup', '61 of 68 engines, EICAR-Test-File', {
          type: 'binary',
          content: { related_malware: [MALWARE], software: ['setup.exe'], os: ['Windows'] },
        }),
      ],
    }),
    entity('c2.example.com', 'domain', ['remote'], {
      depth: 1,
      broughtUpBy: 'otx.indicator',
      parentHash: address.hash,
      isInspected: false,
    }),
  ]
}

function review(no: number, at: number, change: Partial<ReviewView> = {}): ReviewView {
  return {
    id: `review-${no}`,
    at,
    by: 'policy',
    severity: 'unclassified',
    reason: '',
    policyNumber: 14,
    alertCount: 1,
    findingCount: 0,
    openCount: 1,
    ...change,
  }
}

/** A report as it opens; what the analyst did to the row is in it. */
export function reportDetail(row: ReportRow, reviews: readonly ReviewView[]): ReportDetail {
  const now = Date.now()
  const alerts = Array.from({ length: Math.min(4, row.alertCount) }, (_, no) => ({
    id: `alert-${40 - no}`,
    title: ['InstanceCredentialExfiltration.OutsideAWS', 'Recon:IAMUser/UserPermissions'][no % 2] ?? '',
    severity: no % 2 === 0 ? ('high' as const) : ('low' as const),
    value: no % 2 === 0 ? '198.51.100.23' : 'ci-deploy',
    createdAt: row.lastAt - no * 12 * MINUTE,
  }))
  const standing = reviews.find(({ by }) => by === row.gradedBy)
  return {
    ...row,
    cause: 'alert:275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
    reason: standing?.reason ?? '',
    gradedAt: standing?.at ?? null,
    closesAt: row.createdAt + 3 * HOUR,
    inspectAt: null,
    reviewAt: row.severity === null ? now + 4 * MINUTE : null,
    stopped: '',
    alerts,
    entities: entities(alerts.map(({ id }) => id)),
    reviews: [...reviews],
    emissions: [
      {
        id: 'emission-2',
        at: now - 6 * MINUTE,
        status: 'published',
        severity: 'urgent',
        chain: { id: 'chain-alert-40', state: 'waiting' },
        actions: [
          {
            id: 'alert-40-quarantine',
            name: 'disable-key',
            title: 'Disable the key',
            state: 'waiting',
            at: now - 5 * MINUTE,
          },
          { id: 'act-2', name: '', title: 'Post to #alerts', state: 'succeeded', at: now - 5 * MINUTE },
        ],
      },
      { id: 'emission-1', at: now - 2 * HOUR, status: 'new', severity: null, chain: null, actions: [] },
    ],
  }
}

/** Reviews that led to a row's grade, the newest first. */
export function reviewsOf(row: ReportRow): ReviewView[] {
  const reviews = [review(1, row.createdAt + 10 * MINUTE)]
  if (row.severity === null) return []
  if (row.gradedBy === 'policy') {
    const reason =
      'A key that is only used from 192.0.2.0/28 read 1,204 objects from a network with 91 % abuse confidence'
    const settled = { alertCount: row.alertCount, findingCount: 4, openCount: 0 }
    reviews.unshift(review(2, row.lastAt + MINUTE, { severity: row.severity, reason, ...settled }))
  } else {
    reviews.unshift(
      review(2, row.lastAt + MINUTE, {
        by: 'analyst',
        severity: row.severity,
        reason: 'A drill',
        policyNumber: null,
        openCount: 0,
      }),
    )
  }
  return reviews
}
