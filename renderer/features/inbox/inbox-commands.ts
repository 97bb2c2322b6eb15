import type { RefObject } from 'react'
import { toast } from '../../components/toast.tsx'
import type { TriageState, Verdict } from '../../../shared/model/states.ts'
import type { AlertRow } from '../../../shared/model/views.ts'
import { type Command, useCommands } from '../../lib/commands.ts'
import { focusList } from '../../lib/focus-list.ts'
import { preferences, setPreferences } from '../../lib/preferences.ts'
import { navigate } from '../../lib/route.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { TRIAGE_WORDS, VERDICT_WORDS } from '../../lib/words.ts'
import { useInbox } from './inbox-store.ts'
import { indexOf, rowAt } from './pages.ts'

export const VERDICT_KEYS: readonly { verdict: Verdict; key: string }[] = [
  { verdict: 'true_positive_impact', key: 't' },
  { verdict: 'true_positive_no_impact', key: 'n' },
  { verdict: 'false_positive', key: 'f' },
  { verdict: 'benign', key: 'b' },
  { verdict: 'duplicate', key: 'd' },
  { verdict: 'test', key: 'e' },
]

/** Sets an alert's triage state, says so with a way back, and goes on to the next row. */
export async function triageAlert(id: string, state: TriageState, verdict: Verdict | null, note = ''): Promise<void> {
  const inbox = useInbox.getState()
  const index = indexOf(inbox.pages, id)
  const before = index >= 0 ? rowAt(inbox.pages, index) : null
  const error = await inbox.triage([id], state, verdict, note)
  if (error) {
    toast({ title: 'Nothing was changed', detail: error.message, isFailure: true })
    return
  }
  const words = verdict ? `Closed as ${VERDICT_WORDS[verdict].toLowerCase()}` : TRIAGE_WORDS[state]
  toast({
    kind: 'triage',
    title: words,
    detail: before ? visibleText(before.title, 80) : '',
    ...(before ? { action: { label: 'Undo', run: () => void triageBack(before) } } : {}),
  })
  if (state === 'closed' && index >= 0) await goTo(nextOpen(index))
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

async function triageBack(row: AlertRow): Promise<void> {
  const error = await useInbox.getState().triage([row.id], row.triage, row.verdict, '')
  if (error) toast({ title: 'It could not be undone', detail: error.message, isFailure: true })
}

interface InboxContext {
  openId: string | null
  selectedIndex: number
  select: (index: number) => void
  search: RefObject<HTMLInputElement | null>
}

function setTriage(id: string | null, state: TriageState, verdict: Verdict | null): void {
  if (id) void triageAlert(id, state, verdict)
}

/** The keys of the inbox. */
export function useInboxCommands({ openId, selectedIndex, select, search }: InboxContext): void {
  const step = (by: number) => {
    focusList()
    select(selectedIndex + by)
  }
  const current = () => openId ?? useInbox.getState().selectedId
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
        const id = useInbox.getState().selectedId
        if (id) navigate('inbox', id)
      },
    },
    { id: 'close', title: 'Close the detail', group: 'List', keys: ['Escape'], run: closeDetail },
    { id: 'search', title: 'Search alerts', group: 'List', keys: ['/'], run: () => search.current?.focus() },
    {
      id: 'facets',
      title: 'Facets',
      group: 'List',
      keys: ['f'],
      run: () => setPreferences({ hasFacets: !preferences().hasFacets }),
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
