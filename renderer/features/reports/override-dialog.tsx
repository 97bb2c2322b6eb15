import { type ReactNode, useState } from 'react'
import { type ReportDetail, type ReportSeverity, reportSeverity } from '../../../shared/model/report.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { Area, Radios } from '../../components/field.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { toast } from '../../components/toast.tsx'
import { call } from '../../lib/bridge.ts'
import { closeDialog } from '../../lib/open-dialog.ts'
import { invalidate, useQuery } from '../../lib/query.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { GRADE_NAMES, reviewerOf, standingReview } from './report-words.ts'

const HINTS = {
  safe: 'Nothing to do about it.',
  unclassified: 'It cannot be told yet.',
  urgent: 'Somebody must act.',
} as const satisfies Record<ReportSeverity, string>

/** The analyst's grade, with a reason: it stands whatever a policy says later, and the policy's is kept beside it. */
export function OverrideDialog({ detail }: { detail: ReportDetail }): ReactNode {
  const { id, title } = detail
  const { value: now } = useQuery('reports.get', { id }, { what: ['reports'] })
  const [severity, setSeverity] = useState<ReportSeverity>(detail.severity ?? 'unclassified')
  const [reason, setReason] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const submit = async () => {
    setBusy(true)
    const answer = await call('reports.override', { id, severity, reason: reason.trim() })
    setBusy(false)
    invalidate(['reports'])
    if (!answer.ok) return setFailure(answer.error.message)
    toast({ title: `Graded ${severity}`, detail: visibleText(title, 80) })
    closeDialog()
  }
  return (
    <FormDialog
      title="Override the grade"
      lead="Your grade stands until you give another one. What the policy says is kept beside it."
      act="Override grade"
      isBusy={isBusy}
      failure={failure}
      standing={standingOf(detail, now ?? detail)}
      typed={reason}
      cannot={reason.trim() === '' ? 'Give a reason first: it is stored with the grade.' : ''}
      onSubmit={() => void submit()}
    >
      <Radios
        label="Severity"
        value={severity}
        options={reportSeverity.options.map((value) => ({ value, label: GRADE_NAMES[value], hint: HINTS[value] }))}
        onChange={setSeverity}
      />
      <Area label="Reason" value={reason} isRequired onChange={setReason} />
    </FormDialog>
  )
}

/** A grade that came while the dialog was open is read before it is overridden. */
function standingOf(before: ReportDetail, now: ReportDetail): Standing {
  if (now.gradedAt === before.gradedAt) return OPEN
  const review = standingReview(now)
  const by = review ? reviewerOf(review) : 'somebody'
  return {
    is: 'changed',
    says: `It was graded ${now.severity ?? ''} by ${by} meanwhile: “${visibleText(now.reason, 300)}”.`,
  }
}
