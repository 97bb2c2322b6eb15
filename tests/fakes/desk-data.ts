import { countStates } from '../../shared/model/state-counts.ts'
import type { ActionState, Severity } from '../../shared/model/states.ts'
import type {
  ActionView,
  AlertDetail,
  AlertRow,
  ApprovalCard,
  Asked,
  AttemptView,
  ChainView,
} from '../../shared/model/views.ts'

/** The moment at which the fake's world stands; ages on the screen count from the real clock. */
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

export const VERSION_ID = 'a'.repeat(64)
/** What comes with the plan of edited arguments. */
export const EDITED_HASH = 'e'.repeat(64)
export const HASH = '9c1f04be55d0c1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e677a2e3d0'

const TITLES: readonly [string, Severity, string, string][] = [
  ['Trojan:EC2/DropPoint!DNS', 'high', 'web-03', 'guardduty'],
  ['Backdoor:EC2/C&CActivity.B!DNS', 'critical', 'i-0c1d9f33ab', 'guardduty'],
  ['Terminal shell in container', 'high', 'payments-7d9f', 'falco'],
  ['UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration', 'high', '198.51.100.23', 'guardduty'],
  ['Recon:EC2/PortProbeUnprotectedPort', 'medium', '203.0.113.77', 'guardduty'],
  ['Read sensitive file untrusted', 'medium', 'build-12', 'falco'],
  ['KubePodCrashLooping', 'low', 'ingest-0', 'alertmanager'],
  ['CryptoCurrency:EC2/BitcoinTool.B!DNS', 'high', 'web-07', 'guardduty'],
  ['Recon:IAMUser/UserPermissions', 'low', 'ci-deploy', 'guardduty'],
  ['Contact K8S API server from container', 'medium', 'cron-28c1', 'falco'],
  ['CertificateExpiresSoon', 'low', 'edge.example.com', 'alertmanager'],
  ['TargetDown', 'info', 'node-exporter', 'alertmanager'],
  ['Html.Phishing.Bank-3 FOUND', 'medium', '/srv/mail/invoice-0412.eml', 'clamav'],
]

const MARKS: readonly ActionState[][] = [
  ['succeeded', 'succeeded'],
  ['succeeded', 'failed', 'succeeded'],
  [],
  ['succeeded'],
  ['succeeded', 'succeeded', 'skipped'],
  ['succeeded', 'succeeded', 'succeeded', 'succeeded', 'failed', 'unknown', 'succeeded'],
]

function pick<Value>(values: readonly Value[], at: number): Value {
  const value = values[at % values.length]
  if (value === undefined) throw new Error('nothing to pick from')
  return value
}

/** A made-up row; the same number always gives the same one. */
export function alertRow(seq: number, createdAt: number, change: Partial<AlertRow> = {}): AlertRow {
  const [title, severity, observable, source] = pick(TITLES, seq)
  return {
    rowId: seq,
    seq,
    id: `alert-${seq}`,
    createdAt,
    title,
    source,
    schema: source === 'guardduty' ? 'aws_guardduty' : source,
    severity,
    observable,
    occurrences: seq % 4 === 0 ? 1 + (seq % 41) : 1,
    triage: seq % 9 === 3 ? 'in_progress' : 'new',
    verdict: null,
    waiting: false,
    actions: countStates(pick(MARKS, seq)),
    chainState: 'completed',
    ...change,
  }
}

export const ASKED: Asked = {
  rule: 'run',
  file: 'action/main.rego',
  row: 12,
  endRow: 16,
  sentence: 'ClamAV named it Win.Test.EICAR_HDB-1 and it lies under a path that is served',
  lines: [
    { row: 13, text: '\tinput.alert.source == "clamav"', hit: 'lit', values: '"clamav"' },
    { row: 14, text: '\tsome path in paths(input.alert)', hit: 'lit', values: '1 path' },
    { row: 15, text: '\tstartswith(path.value, data.served[_])', hit: 'lit', values: '"/srv/upload"' },
  ],
}

function attempt(id: string, at: number, took: number, change: Partial<AttemptView> = {}): AttemptView {
  return {
    id,
    no: 1,
    intentAt: at,
    pending: null,
    outcome: 'succeeded',
    outcomeAt: at + took,
    outcomeBy: 'action',
    args: {},
    plan: null,
    resultSize: 0,
    resultDeletedAt: null,
    isResultTruncated: false,
    error: null,
    ...change,
  }
}

export function action(id: string, change: Partial<ActionView> = {}): ActionView {
  return {
    id,
    policyId: id,
    label: id,
    alike: 'lookup',
    name: 'Look up',
    uses: 'http.fetch',
    title: 'Look up',
    target: '',
    effect: 'observe',
    isIrreversible: false,
    args: {},
    plan: [],
    state: 'succeeded',
    isAbort: false,
    isForced: false,
    proposedAt: Date.now() - 11 * MINUTE,
    settledAt: Date.now() - 11 * MINUTE + 412,
    error: null,
    commits: [],
    acts: [],
    decision: null,
    attempts: [],
    canBeUndone: false,
    ...change,
  }
}

const RESULT = {
  status: 200,
  data: {
    score: 87,
    verdict: 'malicious',
    sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
    behaviours: Array.from({ length: 214 }, (_, no) => ({ name: `behaviour ${no}`, severity: no % 9 })),
    network: { 'c2.example.com': [443, 8443] },
  },
}

/** Rounds as a clamav alert has them: one look-up, one failed message, and a quarantine that waits. */
export function clamavRounds(alertId: string): ChainView['rounds'] {
  const start = Date.now() - 22 * MINUTE
  return [
    {
      no: 0,
      startedAt: start,
      finishedAt: start + 900,
      isAborted: false,
      newAttributes: 0,
      actions: [
        action(`${alertId}-hash`, {
          policyId: 'hash-file',
          label: 'hash-file',
          title: '87 of 100',
          args: { url: 'https://intel.example.com/v1/files', header: { authorization: '‹INTEL_KEY›' } },
          attempts: [
            attempt(`${alertId}-t1`, start, 281, {
              args: { url: 'https://intel.example.com/v1/files', header: { authorization: '‹INTEL_KEY›' } },
              resultPreview: RESULT,
              resultSize: 1_048_576,
              isResultTruncated: true,
            }),
          ],
          settledAt: start + 281,
          commits: [{ key: 'score', value: 87, persist: false }],
        }),
        action(`${alertId}-slack`, {
          policyId: 'notify-slack',
          label: 'notify-slack',
          uses: 'slack.post',
          effect: 'notify',
          title: 'Post to #alerts',
          state: 'failed',
          error: { code: 'http_status', message: 'HTTP 429 from hooks.example.com: quota exceeded.' },
          attempts: [
            attempt(`${alertId}-t2`, start, 400, {
              outcome: 'failed',
              error: { code: 'http_status', message: 'HTTP 503' },
            }),
            attempt(`${alertId}-t3`, start + 1000, 3100, {
              no: 2,
              outcome: 'failed',
              error: { code: 'http_status', message: 'HTTP 429' },
            }),
          ],
          settledAt: start + 4100,
        }),
      ],
    },
    {
      no: 1,
      startedAt: start + 5000,
      finishedAt: null,
      isAborted: false,
      newAttributes: 1,
      actions: [
        action(`${alertId}-quarantine`, {
          policyId: 'quarantine',
          label: 'quarantine',
          uses: 'file.quarantine',
          effect: 'contain',
          title: 'Quarantine invoice.exe',
          target: '/srv/upload/invoice.exe',
          args: { path: '/srv/upload/invoice.exe', sha256: RESULT.data.sha256 },
          state: 'waiting',
          proposedAt: start + 5000,
          settledAt: null,
        }),
      ],
    },
  ]
}

export function chainOf(row: AlertRow, rounds: ChainView['rounds'], change: Partial<ChainView> = {}): ChainView {
  return {
    id: `chain-${row.id}`,
    alertId: row.id,
    runNo: 1,
    rerunOf: null,
    trigger: 'event',
    state: row.waiting ? 'waiting' : 'completed',
    error: null,
    policyNumber: 14,
    policyVersionId: VERSION_ID,
    createdAt: row.createdAt,
    startedAt: row.createdAt,
    finishedAt: row.waiting ? null : row.createdAt + 7300,
    attrs: [],
    acts: [],
    rounds,
    ...change,
  }
}

/** As an action's JSON Schema reaches the card. */
const QUARANTINE_SCHEMA = {
  type: 'object',
  properties: {
    path: { type: 'string', minLength: 1, description: 'Absolute path of the file' },
    sha256: { type: 'string', description: 'Only if the file has this SHA-256', readOnly: true },
    on_link: { type: 'string', enum: ['refuse', 'follow'], description: 'What becomes of a link' },
    max_bytes: { type: 'integer', description: 'Only a smaller file' },
    links: { type: 'object', description: 'Further names of the file' },
    secret_ticket: { type: 'string', description: 'Key of the ticket system', writeOnly: true },
    secret_other: { type: 'string', writeOnly: true },
  },
  required: ['path'],
}

export function cardOf(row: AlertRow, change: Partial<ApprovalCard> = {}): ApprovalCard {
  const now = Date.now()
  return {
    actionId: `${row.id}-quarantine`,
    chainId: `chain-${row.id}`,
    alertId: row.id,
    reportId: null,
    alertTitle: row.title,
    severity: row.severity,
    name: '',
    title: 'Quarantine invoice.exe',
    target: '/srv/upload/invoice.exe',
    uses: 'file.quarantine',
    effect: 'contain',
    effectSentence: 'Moves the file out of reach into Tocsin’s quarantine, mode 0600.',
    asked: ASKED,
    canExplain: false,
    refusal: null,
    undoes: null,
    confirm: '',
    beyondCap: '',
    policyReason: '',
    args: [
      { key: 'path', value: '/srv/upload/invoice.exe', isSecret: false, isEditable: true },
      { key: 'sha256', value: RESULT.data.sha256, isSecret: false, isEditable: false },
      { key: 'links', value: { confirmed: false }, isSecret: false, isEditable: true },
      { key: 'secret_ticket', value: '‹TICKET_KEY›', isSecret: true, isEditable: false },
    ],
    plan: [
      { key: 'sha256', value: RESULT.data.sha256 },
      { key: 'size', value: '68 bytes' },
      { key: 'owner', value: 'www-data' },
      { key: 'inode', value: '8:1 / 1,443,201' },
    ],
    canPreview: true,
    isIdempotent: false,
    undo: { uses: 'file.restore', sentence: 'puts it back with owner, mode and times.' },
    history: [
      { at: now - 9 * 24 * HOUR, name: '', title: 'Quarantine setup.exe', state: 'succeeded', by: 'you' },
      { at: now - 14 * 24 * HOUR, name: '', title: 'Quarantine build.sh', state: 'rejected', by: 'you' },
    ],
    boundHash: HASH,
    policyNumber: 14,
    isEditable: true,
    argsSchema: QUARANTINE_SCHEMA,
    createdAt: now - 22 * MINUTE,
    expiresAt: now + 23 * HOUR + 38 * MINUTE,
    stale: null,
    state: 'waiting',
    ...change,
  }
}

export function detailOf(row: AlertRow, chains: readonly ChainView[]): AlertDetail {
  const attr = (id: string, key: string, value: string | number, type: string, addedBy: string | null = null) => ({
    id: `${row.id}-${id}`,
    key,
    value,
    type,
    persist: false,
    ttl: 0,
    addedBy,
  })
  return {
    alert: {
      id: row.id,
      schema: row.schema,
      createdAt: row.createdAt,
      title: row.title,
      description: row.source === 'clamav' ? 'ClamAV found a signature in a file that was just written.' : '',
      source: row.source,
      namespace: '',
      severity: row.severity,
      attrs: [],
      refs: [{ title: 'Signature', url: 'https://intel.example.com/sig/Win.Test.EICAR_HDB-1' }],
      tags: ['prod'],
      dedupKey: '',
    },
    triage: { state: row.triage, verdict: row.verdict, note: '', at: null },
    eventId: `event-${row.seq}`,
    event: {
      receivedAt: row.createdAt,
      size: 2134,
      sha256: RESULT.data.sha256,
      deletedAt: null,
      route: `POST /alert/raw/${row.schema}`,
      remote: '127.0.0.1',
    },
    policyNumber: 14,
    policyVersionId: VERSION_ID,
    why: {
      ...ASKED,
      rule: 'alert',
      file: 'alert/clamav.rego',
      row: 6,
      endRow: 9,
      sentence: 'virus is set and the file still exists',
    },
    rules: ['alert.clamav/alert@alert/clamav.rego#1'],
    rowId: row.rowId,
    newestId: row.id,
    occurrences: row.occurrences,
    firstSeenAt: row.createdAt - 7 * MINUTE,
    prints: [],
    attrs: [
      attr('a1', 'host', 'files-02', 'host'),
      attr('a2', 'path', '/srv/upload/invoice.exe', 'path'),
      attr('a3', 'remote', '203.0.113.77', 'ipaddr'),
      attr('a4', 'domain', 'c2.example.com', 'domain'),
      attr('a5', 'account', '111122223333', 'string'),
      attr('a6', 'score', 87, 'number', 'hash-file'),
    ],
    chains: chains.map(({ id, runNo, state, trigger }) => ({ id, runNo, state, trigger })),
  }
}
