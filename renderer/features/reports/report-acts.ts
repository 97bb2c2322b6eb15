import { toast } from '../../components/toast.tsx'
import { call } from '../../lib/bridge.ts'
import { focusList } from '../../lib/focus-list.ts'
import { invalidate } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'
import { count } from '../../lib/words.ts'
import { useInbox } from '../inbox/inbox-store.ts'
import { EMPTY_FILTER } from '../inbox/pages.ts'
import { EVERY_REPORT, useReports } from './report-store.ts'

/** As many characters as the inbox's search takes. */
const MAX_SEARCH = 400

export function isReportOpen(): boolean {
  return /^#\/reports\/./.test(window.location.hash)
}

/** Back to the list, which keeps its selection and the focus. */
export function closeReport(): void {
  if (!isReportOpen()) return
  navigate('reports')
  focusList()
}

/** What the inbox is searched for to find a value as a whole: a phrase, in which quotes cannot stand. */
export function searchFor(value: string): string {
  return `"${value.replaceAll('"', ' ').slice(0, MAX_SEARCH)}"`
}

/** Goes to the inbox with every alert that has this value, closed ones too. */
export function showAlertsWith(value: string): void {
  void useInbox.getState().setFilter({ ...EMPTY_FILTER, triage: [], text: searchFor(value) })
  navigate('inbox')
}

/** Lists every report that has an entity of this value. */
export function showReportsWith(value: string): void {
  void useReports.getState().setFilter({ ...EVERY_REPORT, value })
  navigate('reports')
  focusList()
}

/** Asks the inspect policy again about every attribute. */
export async function inspectAgain(id: string): Promise<void> {
  const answer = await call('reports.reinspect', { id })
  invalidate(['reports'])
  if (!answer.ok) return toast({ title: 'Nothing is inspected', detail: answer.error.message, isFailure: true })
  toast({
    title: 'Inspecting again',
    detail: `The inspect policy is asked about ${count(answer.value.attributes, 'entity', 'entities')}. What was found stays.`,
  })
}

/** Reviews what there is, without waiting for inspections. */
export async function reviewNow(id: string): Promise<void> {
  const answer = await call('reports.review', { id })
  invalidate(['reports'])
  if (!answer.ok) return toast({ title: 'Not reviewed', detail: answer.error.message, isFailure: true })
  toast({ title: 'Reviewing', detail: 'The review policy grades what there is.' })
}

/** Tries a failed inspection once more. */
export async function tryInspectionAgain(id: string): Promise<void> {
  const answer = await call('inspections.retry', { id })
  invalidate(['reports'])
  if (!answer.ok) toast({ title: 'Not tried again', detail: answer.error.message, isFailure: true })
}
