import type { RefObject } from 'react'
import { toast } from '../../components/toast.tsx'
import type { TriageState, Verdict } from '../../../shared/model/states.ts'
import type { AlertRow } from '../../../shared/model/views.ts'
import { type Command, useCommands } from '../../lib/commands.ts'
import { focusList } from '../../lib/focus-list.ts'
import { navigate } from '../../lib/route.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { count, TRIAGE_WORDS, VERDICT_WORDS } from '../../lib/words.ts'
import { type ActRange, useInbox } from './inbox-store.ts'
import { indexOf, rowAt } from './pages.ts'

export const VERDICT_KEYS: readonly { verdict: Verdict; key: string }[] = [
  { verdict: 'true_positive_impact', key: 't' },
  { verdict: 'true_positive_no_impact', key: 'n' },
  { verdict: 'false_positive', key: 'f' },
  { verdict: 'benign', key: 'b' },
  { verdict: 'duplicate', key: 'd' },
  { verdict: 'test', key: 'e' },
]

/** What is triaged: a row, up to the newest alert that was seen of it. */
export interface TriageTarget {
  alertId: string
  rowId: number | null
}

/** Sets the triage state of a row's alerts, says so with a way back, and goes on to the next row. */
export async function triageRow(
  { alertId, rowId }: TriageTarget,
  state: TriageState,
  verdict: Verdict | null,
): Promise<void> {
  const inbox = useInbox.getState()
  const index = indexOf(inbox.pages, (row) => row.id === alertId || row.rowId === rowId)
  const before = rowAt(inbox.pages, index)
  const answer = await inbox.triage({ ids: [alertId], scope: 'row', state, verdict, note: null })
  if (!answer.ok) {
    toast({ title: 'Nothing was changed', detail: answer.error.message, isFailure: true })
    return
  }
  const { changed, waiting, acts } = answer.value
  const words = verdict ? `Closed as ${VERDICT_WORDS[verdict].toLowerCase()}` : TRIAGE_WORDS[state]
  toast({
    kind: 'triage',
    title: changed > 1 ? `${words}, ${count(changed, 'alert')}` : words,
    detail: [before ? visibleText(before.title, 80) : '', state === 'closed' ? stillWaits(waiting) : '']
      .filter(Boolean)
      .join('. '),
    ...(acts ? { undo: () => void triageBack(acts, before) } : {}),
  })
  if (state === 'closed' && index >= 0) await goTo(nextOpen(index))
}

/** Closing decides nothing: what waits goes on waiting, and is said. */
function stillWaits(actions: number): string {
  if (actions === 0) return ''
  return `${count(actions, 'action')} of it still ${actions === 1 ? 'waits' : 'wait'}: decide under Waiting for you (g w)`
}

/** The next row that is not closed yet, below first. */
function nextOpen(index: number): number {
  const { pages, total } = useInbox.getState()
  for (let at = index + 1; at < total; at++) {
    const row = rowAt(pages, at)
    if (!row || row.triage !== 'closed') return at
  }
  return index
}

async function goTo(index: number): Promise<void> {
  const row = await useInbox.getState().select(index)
  const isOpen = /^#\/inbox\/./.test(window.location.hash)
  if (row && isOpen) navigate('inbox', row.id, { replace: true })
}

async function triageBack(acts: ActRange, row: AlertRow | null): Promise<void> {
  const answer = await useInbox.getState().untriage(acts, row)
  if (!answer.ok) toast({ title: 'It could not be undone', detail: answer.error.message, isFailure: true })
  else if (answer.value.kept > 0)
    toast({ title: `${count(answer.value.kept, 'alert')} had been changed since, and stayed`, isFailure: true })
}

interface InboxContext {
  openId: string | null
  selectedIndex: number
  select: (index: number) => void
  search: RefObject<HTMLInputElement | null>
  toggleFacets: () => void
}

/** The open alert's row, else the selected one. */
function target(openId: string | null): TriageTarget | null {
  const { pages, opened, selectedRow, selectedIndex } = useInbox.getState()
  if (openId !== null && opened?.id === openId) return { alertId: opened.newestId, rowId: opened.rowId }
  if (openId !== null) return { alertId: openId, rowId: null }
  const row = selectedRow === null ? null : rowAt(pages, selectedIndex)
  return row && { alertId: row.id, rowId: row.rowId }
}

function setTriage(chosen: TriageTarget | null, state: TriageState, verdict: Verdict | null): void {
  if (chosen) void triageRow(chosen, state, verdict)
}

/** The keys of the inbox. */
export function useInboxCommands({ openId, selectedIndex, select, search, toggleFacets }: InboxContext): void {
  const step = (by: number) => {
    focusList()
    select(selectedIndex + by)
  }
  const current = () => target(openId)
  const closeAs = VERDICT_KEYS.map<Command>(({ verdict, key }) => ({
    id: `close-${verdict}`,
    title: `Close as ${VERDICT_WORDS[verdict].toLowerCase()}`,
    group: 'On this alert',
    keys: [`e ${key}`],
    run: () => setTriage(current(), 'closed', verdict),
  }))
  const state = (id: string, title: string, key: string, next: TriageState): Command => {
    const run = () => setTriage(current(), next, null)
    return { id, title, group: 'On this alert', keys: [key], run }
  }
  useCommands([
    {
      id: 'next',
      title: 'Next alert',
      group: 'List',
      keys: ['j', 'ArrowDown'],
      run: () => step(1),
    },
    {
      id: 'previous',
      title: 'Previous alert',
      group: 'List',
      keys: ['k', 'ArrowUp'],
      run: () => step(-1),
    },
    {
      id: 'open',
      title: 'Open the alert',
      group: 'List',
      keys: ['Enter'],
      run: () => {
        const selected = target(null)
        if (selected) navigate('inbox', selected.alertId)
      },
    },
    { id: 'close', title: 'Close the detail', group: 'List', keys: ['Escape'], run: closeDetail },
    { id: 'search', title: 'Search alerts', group: 'List', keys: ['/'], run: () => search.current?.focus() },
    {
      id: 'facets',
      title: 'Facets',
      group: 'List',
      keys: ['f'],
      run: toggleFacets,
    },
    state('in-progress', 'Mark in progress', 'i', 'in_progress'),
    state('reopen', 'Open again', 'o', 'new'),
    ...closeAs,
  ])
}

/** Back to the list, which keeps its selection and the focus. */
export function closeDetail(): void {
  if (!/^#\/inbox\/./.test(window.location.hash)) return
  navigate('inbox')
  focusList()
}
