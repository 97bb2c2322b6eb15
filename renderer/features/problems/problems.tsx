import type { KeyboardEvent, ReactNode } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import type { ProblemRow } from '../../../shared/model/views.ts'
import { When } from '../../components/age.tsx'
import { Empty, Failure, Loading } from '../../components/failure.tsx'
import { Text } from '../../components/text.tsx'
import { useCommands } from '../../lib/commands.ts'
import { focusList } from '../../lib/focus-list.ts'
import { useQuery } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'
import { useStableRows } from '../../lib/stable-rows.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { useWidth } from '../../lib/width.ts'
import { count } from '../../lib/words.ts'
import { ProblemDetail } from './problem-detail.tsx'
import { problemTitle } from './problem-words.ts'

const NOTHING = {}
const SPLIT_PX = 880

/** What could not be processed. Everything here is stored and can be processed again. */
export function Problems({ openId }: { openId: string | null }): ReactNode {
  const { value, error, reload } = useQuery('problems.list', NOTHING, { what: ['problems', 'events', 'state'] })
  const rows = value?.rows ?? []
  return (
    <>
      <div className="vhead">
        <h1>Problems</h1>
        {rows.length > 0 && (
          <span className="small muted">
            {count(value?.total ?? 0, 'open problem')}
            {value && value.total > rows.length && `, the latest ${rows.length.toLocaleString('en-US')} shown`}. What
            came in is stored and can be processed again.
          </span>
        )}
      </div>
      {!value && (error ? <Failure error={error} onRetry={reload} /> : <Loading what="problems" />)}
      {value && rows.length === 0 && (
        <Empty title="No problem">
          <p>
            Events that a policy could not take, chains that failed or came to the round limit, actions of which nobody
            knows the outcome and policies that do not compile are listed here, each with a way out.
          </p>
        </Empty>
      )}
      {rows.length > 0 && <Split rows={rows} openId={openId} />}
    </>
  )
}

function Split({ rows: live, openId }: { rows: readonly ProblemRow[]; openId: string | null }): ReactNode {
  const [frame, width] = useWidth()
  const { rows, hold, release } = useStableRows(live, (row) => row.id)
  const selected = rows.find((row) => row.id === openId) ?? rows[0]
  const index = selected ? rows.indexOf(selected) : 0
  const move = (to: number) => {
    focusList()
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))]
    if (row) navigate('problems', row.id, { replace: true })
  }
  useCommands([
    { id: 'next', title: 'Next problem', group: 'List', keys: ['j', 'ArrowDown'], run: () => move(index + 1) },
    { id: 'previous', title: 'Previous problem', group: 'List', keys: ['k', 'ArrowUp'], run: () => move(index - 1) },
    { id: 'back', title: 'Back to the list', group: 'List', keys: ['Escape'], run: () => navigate('problems') },
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') move(index + 1)
    else if (event.key === 'ArrowUp') move(index - 1)
    else return
    event.preventDefault()
  }
  const isSplit = width >= SPLIT_PX
  return (
    <div className="inbox" ref={frame}>
      <Group orientation="horizontal" className="panes">
        {(isSplit || openId === null) && (
          <Panel id="problems" minSize={360}>
            <div className="list" onPointerEnter={hold} onPointerLeave={release}>
              <div
                className="queue rows"
                role="grid"
                aria-label="Problems"
                tabIndex={0}
                aria-activedescendant={selected ? `problem-${selected.id}` : undefined}
                onKeyDown={onKeyDown}
              >
                {rows.map((row, at) => (
                  <Row key={row.id} row={row} isSelected={row === selected} onSelect={() => move(at)} />
                ))}
              </div>
            </div>
          </Panel>
        )}
        {isSplit && <Separator className="divider" aria-label="Width of the problem" />}
        {(isSplit || openId !== null) && selected && (
          <Panel id="problem" minSize={isSplit ? 360 : 0} defaultSize={480} groupResizeBehavior="preserve-pixel-size">
            <ProblemDetail key={selected.id} problem={selected} />
          </Panel>
        )}
      </Group>
    </div>
  )
}

function Row({ row, isSelected, onSelect }: { row: ProblemRow; isSelected: boolean; onSelect: () => void }): ReactNode {
  const title = problemTitle(row.code)
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys (aria-activedescendant)
    <div
      className="prow"
      role="row"
      id={`problem-${row.id}`}
      aria-selected={isSelected}
      aria-label={`${title}, ${visibleText(row.schema, 80)}, ${count(row.count, 'time')}`}
      tabIndex={-1}
      onClick={onSelect}
    >
      <span role="gridcell" className="mono muted">
        <When at={row.lastAt} />
      </span>
      <span role="gridcell" className="ell">
        {title}
        <span className="sub ell">
          <Text value={row.message} max={300} />
        </span>
      </span>
      <span role="gridcell" className="ell muted">
        <Text value={row.schema} max={80} />
      </span>
      <span role="gridcell" className="num">
        {row.count > 1 ? `×${row.count.toLocaleString('en-US')}` : ''}
      </span>
    </div>
  )
}
