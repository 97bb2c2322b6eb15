import type { DeskState } from '../../shared/model/views.ts'
import type { ScriptRow, Settings } from '../../shared/model/settings.ts'
import { HOUR, VERSION_ID } from './desk-data.ts'

export function deskStateOf(change: Partial<DeskState> = {}): DeskState {
  return {
    version: '0.1.0',
    host: 'browser',
    dataDir: '/home/ana/.local/share/tocsin',
    policyDir: '/home/ana/.local/share/tocsin/workspace',
    receiver: { state: 'listening', url: 'http://127.0.0.1:8080', address: '127.0.0.1:8080', message: '' },
    mode: 'ask',
    heldChains: 0,
    policy: { number: 14, id: VERSION_ID, since: Date.now() - HOUR },
    policyProblem: null,
    counts: { waiting: 0, unknown: 0, open: 0, problems: 0, containments: 0 },
    lastEventAt: Date.now() - 4000,
    store: {
      state: 'ok',
      message: '',
      bytes: 214_000_000,
      backups: [{ name: 'daily-2026-11-21.db', at: Date.now() - 20 * HOUR, bytes: 198_000_000 }],
    },
    doubt: null,
    vault: { backend: 'keychain', isWeak: false, message: '' },
    engine: 'running',
    isFirstRun: false,
    ...change,
  }
}

export const SETTINGS: Settings = {
  'receiver.address': '127.0.0.1:8080',
  'receiver.maxBodyBytes': 1_048_576,
  'sns.topics': [],
  'read.graphql': false,
  'read.tokenSha256': '',
  'response.mode': 'ask',
  'contain.protected': ['dc1.corp.example.com', '10.20.0.0/16'],
  'contain.maxPerRule': 10,
  'contain.maxPerHour': 25,
  'contain.maxPerChain': 5,
  'scripts.trusted': {},
  'quarantine.roots': ['/home/ana', '/tmp'],
  'env.variables': { REGION: 'eu-central-1' },
  'env.process': ['SLACK_WEBHOOK_URL'],
  'net.allow': [],
  'net.proxy': '',
  'net.caFile': '',
  'service.urls': { OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' },
  'retention.days': 90,
  'retention.maxBytes': 20_000_000_000,
  'approval.expiryHours': 24,
  'report.windowSeconds': 10_800,
  'report.inspectDelaySeconds': 0,
  'report.reviewDelaySeconds': 600,
}

export const POLICY_SOURCES = [
  {
    path: 'action/main.rego',
    source: [
      'package action',
      '',
      'import rego.v1',
      '',
      'paths(alert) := [attr | some attr in alert.attrs; attr.key == "path"]',
      '',
      '# Move what ClamAV found out of reach.',
      '# It waits for the analyst in every mode.',
      '',
      '',
      '',
      'run contains res if {',
      '\tinput.alert.source == "clamav"',
      '\tsome path in paths(input.alert)',
      '\tstartswith(path.value, data.served[_])',
      '\tres := {"id": "quarantine", "uses": "file.quarantine", "args": {"path": path.value}}',
      '}',
    ].join('\n'),
  },
  {
    path: 'alert/clamav.rego',
    source: 'package alert.clamav\n\nimport rego.v1\n\nalert contains res if {\n\tinput.virus\n}\n',
  },
]

/** Scripts that own actions run, one in each state of trust. */
export const SCRIPTS: ScriptRow[] = [
  {
    fingerprint: 'a'.repeat(64),
    file: 'actions/nftables.py',
    sha256: '1'.repeat(64),
    actions: ['nftables.block_ip', 'nftables.unblock_ip'],
    effect: 'contain',
    env: { PATH: '/usr/bin:/bin' },
    source: '#!/usr/bin/python3\nimport json\nimport sys\n',
    trust: 'trusted',
  },
  {
    fingerprint: 'b'.repeat(64),
    file: 'actions/unbound.py',
    sha256: '2'.repeat(64),
    actions: ['unbound.block_domain'],
    effect: 'contain',
    env: { PATH: '/usr/bin:/bin' },
    source: `#!/usr/bin/python3\n${Array.from({ length: 60 }, (_, at) => `print(${at})`).join('\n')}\n`,
    trust: 'changed',
  },
  {
    fingerprint: 'c'.repeat(64),
    file: 'actions/page-duty.sh',
    sha256: '3'.repeat(64),
    actions: ['duty.page'],
    effect: 'notify',
    env: {},
    source: '#!/bin/sh\nexec cat >/dev/null\n',
    trust: 'none',
  },
]
