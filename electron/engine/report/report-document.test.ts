import { expect, test } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import { reportMembers } from './report-document.ts'

const SNAPSHOT = {
  reportId: 'r',
  status: 'new',
  severity: null,
  reason: '',
  alertCount: 0,
  firstAlertSeq: 0,
  lastAlertSeq: 0,
  lastAttributeSeq: 1,
  lastFindingSeq: 30,
} as const

test('a report leaves out findings for which a policy has no room, and counts them', () => {
  const attribute = { seq: 1, reportSeq: 1, hash: 'h', depth: 0, type: 'ipaddr', key: 'k', value: 'v', context: [] }
  const finding = { attributeSeq: 1, author: 'a', type: 'result', content: 'x'.repeat(60_000) }
  const { sections, findings_left_out: leftOut } = reportMembers({
    report: { id: 'r', title: 't', createdAt: 0 },
    snapshot: SNAPSHOT,
    alerts: [],
    attributes: [attribute],
    findings: Array.from({ length: 30 }, () => finding),
  })
  const [section] = JSON.parse(sections ?? '') as { results: JsonValue[] }[]
  expect([section?.results.length, leftOut]).toEqual([17, '13'])
})
