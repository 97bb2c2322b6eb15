import { ChevronDown, ChevronUp } from 'lucide-react'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { Button, Keys } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { NewsPill } from '../../components/news-pill.tsx'
import { type Command, useCommands } from '../../lib/commands.ts'
import { focusList } from '../../lib/focus-list.ts'
import { useQuery } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'
import { type StableRows, useStableRows } from '../../lib/stable-rows.ts'
import { span, useNow } from '../../lib/time.ts'
import { count } from '../../lib/words.ts'
import { useWidth } from '../../lib/width.ts'
import { attend, leaveDecisions, offerDecisions } from '../approval/attention.ts'
import { type Chosen, useChoosing, useChosen, useFolds } from './chosen.ts'
import { ChosenBar } from './chosen-bar.tsx'
import { byUrgency } from './groups.ts'
import { Queue } from './queue.tsx'
import { queueLines } from './queue-lines.ts'
import { Settled } from './settled.tsx'
import { useShown } from './shown.ts'
import { WaitingDetail } from './waiting-detail.tsx'
import { NothingWaits } from './waiting-empty.tsx'

const NOTHING = {}
/** Below this the queue and the decision take turns; the decision is shown first. */
const SPLIT_PX = 760

function idOf(row: WaitingRow): string {
  return row.actionId
}

/** Everything that stops until the analyst decides, most urgent first. */
export function Waiting({ selectedId }: { selectedId: string | null }): ReactNode {
  const { value, error, reload } = useQuery('approvals.list', NOTHING, { what: ['approvals', 'chains'] })
  const now = useNow()
  const sorted = useMemo(() => byUrgency(value?.rows ?? [], now), [value, now])
  const list = useStableRows(sorted, idOf)
  if (value) return <Decisions list={list} total={value.total} selectedId={selectedId} />
  return (
    <>
      <Head rows={[]} total={0} />
      {error ? <Failure error={error} onRetry={reload} /> : <Loading what="decisions" />}
    </>
  )
}

interface HeadProps {
  rows: readonly WaitingRow[]
  /** With those that are not listed */
  total: number
  children?: ReactNode
}

function Head({ rows, total, children }: HeadProps): ReactNode {
  const now = useNow()
  const oldest = Math.min(...rows.map((row) => row.createdAt))
  return (
    <div className="vhead">
      <h1>Waiting for you</h1>
      {rows.length > 0 && (
        <span className="small muted ell grow">
          {count(total, 'decision')}
          {total > rows.length && `, ${rows.length.toLocaleString('en-US')} of them listed`}, oldest{' '}
          {span(now - oldest)}
        </span>
      )}
      {children}
    </div>
  )
}

interface DecisionsProps {
  list: StableRows<WaitingRow>
  total: number
  selectedId: string | null
}

function Decisions({ list, total, selectedId }: DecisionsProps): ReactNode {
  const { rows, gone } = list
  const [frame, width] = useWidth()
  const [isListing, setListing] = useState(false)
  const [opened, toggleFold] = useFolds()
  const now = useNow()
  const open = useMemo(() => rows.filter((row) => !gone.has(row.actionId)), [rows, gone])
  const { row: shown, settledId } = useShown(open, selectedId)
  const shownId = settledId ?? shown?.actionId ?? null
  const isSplit = width >= SPLIT_PX
  const hasDetail = shownId !== null && (isSplit || !isListing)
  useOffer(hasDetail && settledId === null && shown?.kind === 'approval' ? shownId : null, !isSplit && isListing)
  const lines = queueLines(rows, now, opened, shownId)
  const visible = lines.flatMap((line) => (line.kind === 'row' ? [line.row] : []))
  const chosen = useChosen(open)
  const index = visible.findIndex((row) => row.actionId === shownId)
  const goTo = (row: WaitingRow | undefined): WaitingRow | undefined => {
    focusList()
    if (row) {
      attend(row.actionId)
      navigate('waiting', row.actionId, { replace: true })
    }
    return row
  }
  const move = (to: number) => goTo(visible[Math.max(0, Math.min(visible.length - 1, to))])
  const pick = (to: number) => {
    setListing(false)
    move(to)
  }
  // One that was settled elsewhere may have left the list: the next one is the first.
  const next = () => (index < 0 ? goTo(open[0]) : move(index + 1))
  useMoves({ index, hasDetail, shown, settledId, chosen, next, move, onList: setListing })
  useChoosing({ chosen, shown, step: (by) => move(index + by), onFold: toggleFold })
  if (open.length === 0 && shownId === null) {
    return (
      <>
        <Head rows={[]} total={0} />
        <NothingWaits />
      </>
    )
  }
  return (
    <>
      <Head rows={open} total={total - rows.length + open.length}>
        {list.held > 0 && <NewsPill onShow={list.release}>{count(list.held, 'more decision')}</NewsPill>}
        {!isSplit && rows.length > 0 && (
          <Steps
            at={index}
            of={visible.length}
            isListing={isListing}
            onMove={move}
            onList={() => setListing(!isListing)}
          />
        )}
      </Head>
      <div className="inbox" ref={frame}>
        <Group orientation="horizontal" className="panes">
          {(isSplit || !hasDetail) && (
            <Panel id="queue" minSize={300}>
              <QueuePane list={list} chosen={chosen} hasDetail={hasDetail}>
                <Queue
                  lines={lines}
                  gone={gone}
                  chosen={chosen}
                  selectedId={shownId}
                  onMove={(to) =>
                    pick(typeof to === 'object' ? visible.indexOf(to) : PLACES[to](index, visible.length))
                  }
                  onFold={toggleFold}
                />
              </QueuePane>
            </Panel>
          )}
          {isSplit && hasDetail && <Separator className="divider" aria-label="Width of the decision" />}
          {hasDetail && (
            <Panel
              id="decision"
              minSize={isSplit ? 440 : 0}
              defaultSize={520}
              groupResizeBehavior="preserve-pixel-size"
            >
              {settledId === null && shown ? (
                <WaitingDetail key={shown.actionId} row={shown} />
              ) : (
                <Settled
                  key={shownId}
                  actionId={shownId}
                  row={shown}
                  onNext={open.length > 0 ? () => void next() : null}
                />
              )}
            </Panel>
          )}
        </Group>
      </div>
    </>
  )
}

interface QueuePaneProps {
  list: StableRows<WaitingRow>
  chosen: Chosen
  hasDetail: boolean
  children: ReactNode
}

/** The queue, still while the pointer is on it, with what is chosen. */
function QueuePane({ list, chosen, hasDetail, children }: QueuePaneProps): ReactNode {
  return (
    <div className="list" onPointerEnter={list.hold} onPointerLeave={list.release}>
      <ChosenBar chosen={chosen} />
      {children}
      <Hints hasDetail={hasDetail} />
    </div>
  )
}

interface Moves {
  index: number
  hasDetail: boolean
  shown: WaitingRow | null
  settledId: string | null
  chosen: Chosen
  next: () => void
  move: (to: number) => void
  onList: (isListing: boolean) => void
}

/** The keys that go from one decision to another. */
function useMoves({ index, hasDetail, shown, settledId, chosen, next, move, onList }: Moves): void {
  const later: readonly Command[] =
    settledId === null
      ? []
      : [
          // The keys of a decision go to the next one first: it is read before they act on it.
          {
            id: 'approve',
            title: 'Next decision',
            group: 'List',
            keys: ['a'],
            isUnlisted: true,
            run: next,
          },
          {
            id: 'reject',
            title: 'Next decision',
            group: 'List',
            keys: ['r'],
            isUnlisted: true,
            run: next,
          },
        ]
  const toAlert: Command = {
    id: 'open',
    title: hasDetail ? 'Open its alert' : 'Show the decision',
    group: 'List',
    keys: ['Enter'],
    run: () => (hasDetail ? shown && navigate('inbox', shown.alertId) : onList(false)),
  }
  useCommands([
    { id: 'next', title: 'Next decision', group: 'List', keys: ['j', 'ArrowDown'], run: next },
    {
      id: 'previous',
      title: 'Previous decision',
      group: 'List',
      keys: ['k', 'ArrowUp'],
      run: () => move(index - 1),
    },
    ...(shown === null && settledId === null ? [] : [toAlert]),
    {
      id: 'back',
      title: 'Back to the queue',
      group: 'List',
      keys: ['Escape'],
      run: () => (chosen.rows.length > 0 ? chosen.clear() : onList(true)),
    },
    ...later,
  ])
}

const PLACES = {
  next: (index: number) => index + 1,
  previous: (index: number) => index - 1,
  first: () => 0,
  last: (_index: number, length: number) => length - 1,
}

/**
 * Tells the keys which decision is in front.
 * @param isLeft whether the analyst went from it to the list
 */
function useOffer(actionId: string | null, isLeft: boolean): void {
  useEffect(() => {
    if (isLeft) leaveDecisions()
    else offerDecisions(actionId === null ? [] : [actionId])
  }, [actionId, isLeft])
  useEffect(() => leaveDecisions, [])
}

interface StepsProps {
  at: number
  of: number
  isListing: boolean
  onMove: (index: number) => void
  onList: () => void
}

/** Where there is no room for the queue beside the decision. */
function Steps({ at, of, isListing, onMove, onList }: StepsProps): ReactNode {
  return (
    <>
      {!isListing && (
        <>
          <Button
            isSmall
            look="ghost"
            icon={ChevronUp}
            aria-label="Previous decision"
            disabled={at <= 0}
            onClick={() => onMove(at - 1)}
          />
          <span className="small muted nowrap">
            {at + 1} of {of}
          </span>
          <Button
            isSmall
            look="ghost"
            icon={ChevronDown}
            aria-label="Next decision"
            disabled={at >= of - 1}
            onClick={() => onMove(at + 1)}
          />
        </>
      )}
      <Button isSmall keys={isListing ? 'Enter' : 'Escape'} onClick={onList}>
        {isListing ? 'Show' : 'List'}
      </Button>
    </>
  )
}

function Hints({ hasDetail }: { hasDetail: boolean }): ReactNode {
  return (
    <div className="hints">
      <span>
        <Keys of="j k" /> move
      </span>
      <span>
        <Keys of="Enter" /> {hasDetail ? 'open alert' : 'show decision'}
      </span>
      <span>
        <Keys of="x" /> choose, <Keys of="* a" /> all alike
      </span>
      {hasDetail && (
        <>
          <span>
            <Keys of="a" /> focus approve, <Keys of="Mod+Enter" /> confirms
          </span>
          <span>
            <Keys of="r" /> reject…
          </span>
        </>
      )}
    </div>
  )
}
