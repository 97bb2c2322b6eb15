import type { ProveReport, ProvenAction, ProvenScenario, ProveVerdict } from '../../../shared/model/prove.ts'

const WORDS: Record<ProveVerdict, string> = {
  pass: 'pass',
  violation: '**VIOLATION**',
  not_applicable: 'not applicable',
}

/** @returns the report as Markdown: the counts, then one table per action */
export function proveMarkdown(report: ProveReport): string {
  const { counts, egress, notes } = report
  const way =
    egress.length === 0
      ? 'Nothing left this process: no socket was opened and no name looked up.'
      : `**VIOLATION** Ways out that were taken: ${egress.join(', ')}.`
  const head = [
    '# Proved here',
    '',
    `Tocsin ${report.version}, ${new Date(report.startedAt).toISOString()}, ${(report.durationMs / 1000).toFixed(1)} s.`,
    `Policies of \`${report.policyDir}\`, version \`${report.policyVersion.slice(0, 12)}\`.`,
    '',
    `${counts.pass} passed, ${counts.violation} violated, ${counts.not_applicable} not applicable. Not applicable is no pass: it was not tried.`,
    way,
  ]
  return [...head, ...notes.map((note) => `- ${note}`), ...report.actions.flatMap(actionLines), ''].join('\n')
}

function actionLines({ uses, proposedBy, standIn, scenarios }: ProvenAction): string[] {
  const about = `Proposed by ${proposedBy}. Stand-in: ${standIn ?? 'none'}.`
  const heading = ['', `## ${uses}`, '', about, '']
  const reasons = new Set(scenarios.map(({ verdict, why }) => (verdict === 'not_applicable' ? why.join('; ') : null)))
  const [reason] = reasons
  if (reasons.size === 1 && typeof reason === 'string')
    return [...heading, `Not applicable, all ${scenarios.length}: ${reason}.`]
  return [...heading, '| scenario | verdict | the desk | the remote |', '|---|---|---|---|', ...scenarios.map(row)]
}

function row({ title, verdict, why, desk, remote }: ProvenScenario): string {
  const word = why.length === 0 ? WORDS[verdict] : `${WORDS[verdict]}: ${why.join('; ')}`
  const counted = remote === null ? '' : `${remote.requests} requests; ${remote.changes.join(', ') || 'no change'}`
  return `| ${[title, word, desk.join('; '), counted].map(cell).join(' | ')} |`
}

/** What stands in a table is one line and ends no cell. */
function cell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replaceAll('|', '\\|')
}
