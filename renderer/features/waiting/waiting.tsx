import { type ReactNode, useMemo, useState } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { Keys } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { useCommands } from '../../lib/commands.ts'
import { focusList } from '../../lib/focus-list.ts'
import { useQuery } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'
import { type StableRows, useStableRows } from '../../lib/stable-rows.ts'
import { span, useNow } from '../../lib/time.ts'
import { count } from '../../lib/words.ts'
import { useWidth } from '../../lib/width.ts'
import { byUrgency } from './groups.ts'
import { WaitingDetail } from './waiting-detail.tsx'
import { NothingWaits } from './waiting-empty.tsx'
import { Queue } from './queue.tsx'

const NOTHING = {}
/** Below this the chosen decision stands under the queue's place, alone. */
const SPLIT_PX = 880

function idOf(row: WaitingRow): string {
  return row.actionId
}

/** Everything that stops until the analyst decides, most urgent first. */
export function Waiting({ selectedId }: { selectedId: string | null }): ReactNode {
  const { value, error, reload } = useQuery('approvals.list', NOTHING, { what: ['approvals', 'chains'] })
  const now = useNow()
  const sorted = useMemo(() => byUrgency(value?.rows ?? [], now), [value, now])
  const list = useStableRows(sorted, idOf)
  if (!value) {
    return (
      <>
        <Head rows={[]} />
        {error ? <Failure error={error} onRetry={reload} /> : <Loading what="decisions" />}
      </>
    )
  }
  if (sorted.length === 0) {
    return (
      <>
        <Head rows={[]} />
        <NothingWaits />
      </>
    )
  }
  return <Decisions list={list} selectedId={selectedId} />
}

function Head({ rows }: { rows: readonly WaitingRow[] }): ReactNode {
  const now = useNow()
  const oldest = Math.min(...rows.map((row) => row.createdAt))
  return (
    <div className="vhead">
      <h1>Waiting for you</h1>
      {rows.length > 0 && (
        <span className="small muted">
          {count(rows.length, 'decision')}, oldest {span(now - oldest)}
        </span>
      )}
    </div>
  )
}

interface DecisionsProps {
  list: StableRows<WaitingRow>
  selectedId: string | null
}

function Decisions({ list, selectedId }: DecisionsProps): ReactNode {
  const { rows, gone, held } = list
  const [frame, width] = useWidth()
  const [lastIndex, setLastIndex] = useState(0)
  const found = rows.findIndex((row) => row.actionId === selectedId && !gone.has(row.actionId))
  const open = rows.filter((row) => !gone.has(row.actionId))
  // What was decided leaves; the one after it takes its turn.
  const selected = found >= 0 ? rows[found] : (open[Math.min(lastIndex, open.length - 1)] ?? rows[0])
  const index = selected ? rows.indexOf(selected) : 0
  const move = (to: number) => {
    focusList()
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))]
    if (!row) return
    setLastIndex(Math.max(0, open.indexOf(row)))
    navigate('waiting', row.actionId, { replace: true })
  }
  useCommands([
    { id: 'next', title: 'Next decision', group: 'List', keys: ['j', 'ArrowDown'], run: () => move(index + 1) },
    { id: 'previous', title: 'Previous decision', group: 'List', keys: ['k', 'ArrowUp'], run: () => move(index - 1) },
    {
      id: 'open',
      title: 'Open its alert',
      group: 'List',
      keys: ['Enter'],
      run: () => selected && navigate('inbox', selected.alertId),
    },
    { id: 'back', title: 'Back to the queue', group: 'List', keys: ['Escape'], run: () => navigate('waiting') },
  ])
  const isSplit = width >= SPLIT_PX
  return (
    <>
      <Head rows={rows} />
      <div className="inbox" ref={frame}>
        <Group orientation="horizontal" className="panes">
          {(isSplit || selectedId === null) && (
            <Panel id="queue" minSize={360}>
              <div className="list" onPointerEnter={list.hold} onPointerLeave={list.release}>
                {held > 0 && (
                  <button type="button" className="news" onClick={list.release}>
                    {count(held, 'more decision')}
                  </button>
                )}
                <Queue rows={rows} gone={gone} selectedId={selected?.actionId ?? null} onMove={move} />
                <Hints />
              </div>
            </Panel>
          )}
          {isSplit && <Separator className="divider" aria-label="Width of the decision" />}
          {(isSplit || selectedId !== null) && selected && (
            <Panel id="decision" minSize={400} defaultSize={520} groupResizeBehavior="preserve-pixel-size">
              <WaitingDetail key={selected.actionId} row={selected} />
            </Panel>
          )}
        </Group>
      </div>
    </>
  )
}

function Hints(): ReactNode {
  return (
    <div className="hints">
      <span>
        <Keys of="j k" /> move
      </span>
      <span>
        <Keys of="Enter" /> open alert
      </span>
      <span>
        <Keys of="a" /> focus approve, <Keys of="Mod+Enter" /> confirms
      </span>
      <span>
        <Keys of="r" /> reject…
      </span>
    </div>
  )
}
