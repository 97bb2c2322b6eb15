import { useVirtualizer } from '@tanstack/react-virtual'
import { RotateCw, Search } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { ContainmentRow } from '../../../shared/model/containment.ts'
import { Button } from '../../components/button.tsx'
import { Empty, Failure, Loading } from '../../components/failure.tsx'
import { Icon } from '../../components/icon.tsx'
import { toast } from '../../components/toast.tsx'
import { call } from '../../lib/bridge.ts'
import { Lane } from '../../lib/lane.ts'
import { useQuery } from '../../lib/query.ts'
import { span, useNow } from '../../lib/time.ts'
import { count } from '../../lib/words.ts'
import { SHOWN, SHOWN_WORDS, targetGroups, type Shown, type TargetGroup } from './containment-groups.ts'
import { NOTHING, REFRESH } from './containment-query.ts'
import { TargetRows } from './containment-rows.tsx'

/** An estimate; each target tells its true height once it is mounted. */
const ROW_HEIGHT = 104
const OVERSCAN = 4

/** How many targets are read at once when all are looked at. */
const AT_ONCE = 8

/** What is cut off right now, and the way back for each. */
export function Containments(): ReactNode {
  const { value, error, reload } = useQuery('containments.list', NOTHING, REFRESH)
  const [text, setText] = useState('')
  const [shown, setShown] = useState<Shown>('all')
  const rows = value?.rows ?? []
  const groups = targetGroups(rows, { text, shown })
  return (
    <>
      <div className="vhead">
        <h1>Active containments</h1>
        {value && rows.length > 0 && <Summary rows={rows} total={value.total} />}
      </div>
      {!value && (error ? <Failure error={error} onRetry={reload} /> : <Loading what="containments" />)}
      {value && rows.length === 0 && (
        <Empty title="Nothing is cut off">
          <p>
            Files in quarantine, hosts without a network and accounts that were shut stand here until they are back,
            each with its undo.
          </p>
        </Empty>
      )}
      {rows.length > 0 && (
        <div className="vhead">
          <Tools rows={rows} text={text} shown={shown} onText={setText} onShown={setShown} />
        </div>
      )}
      {rows.length > 0 && groups.length === 0 && (
        <Empty title="No containment matches">
          <Button
            onClick={() => {
              setText('')
              setShown('all')
            }}
          >
            Show all
          </Button>
        </Empty>
      )}
      {groups.length > 0 && <Table groups={groups} />}
    </>
  )
}

function Summary({ rows, total }: { rows: readonly ContainmentRow[]; total: number }): ReactNode {
  const now = useNow()
  const oldest = Math.min(...rows.map((row) => row.since))
  const left = total - rows.length
  return (
    <span className="small muted ell">
      {count(total, 'in force', 'in force')}, oldest {span(now - oldest)}.{' '}
      {left > 0
        ? `The newest ${rows.length} are listed.`
        : 'What is listed here is still cut off, by you or by policy.'}
    </span>
  )
}

interface ToolsProps {
  rows: readonly ContainmentRow[]
  text: string
  shown: Shown
  onText: (text: string) => void
  onShown: (shown: Shown) => void
}

function Tools({ rows, text, shown, onText, onShown }: ToolsProps): ReactNode {
  const readable = rows.filter(({ canVerify }) => canVerify)
  const [isBusy, setBusy] = useState(false)
  const verifyAll = async () => {
    setBusy(true)
    const lane = new Lane(AT_ONCE)
    // What each look found is in its row.
    const looked = readable.map(({ attemptId }) => lane.run(() => call('containments.verify', { attemptId })))
    const refused = (await Promise.all(looked)).flatMap((answer) =>
      answer?.ok === false ? [answer.error.message] : [],
    )
    setBusy(false)
    if (refused.length === 0) return
    const title = `${count(refused.length, 'containment')} could not be looked at`
    toast({ title, detail: refused[0] ?? '', isFailure: true })
  }
  return (
    <>
      <div className="query" role="search">
        <Icon of={Search} />
        <input
          type="search"
          aria-label="Search containments"
          placeholder="Search containments"
          spellCheck={false}
          maxLength={200}
          value={text}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return
            if (text === '') event.currentTarget.blur()
            else onText('')
            event.preventDefault()
          }}
        />
      </div>
      <span className="seg" role="group" aria-label="Shown">
        {SHOWN.map((each) => (
          <button key={each} type="button" aria-pressed={shown === each} onClick={() => onShown(each)}>
            {SHOWN_WORDS[each]}
          </button>
        ))}
      </span>
      {readable.length > 0 && (
        <Button isSmall look="ghost" icon={RotateCw} isBusy={isBusy} onClick={() => void verifyAll()}>
          Verify all now
        </Button>
      )}
    </>
  )
}

/** A table of targets, of which only those in sight are mounted. */
function Table({ groups }: { groups: readonly TargetGroup[] }): ReactNode {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: groups.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => ROW_HEIGHT * (groups[index]?.rows.length ?? 1),
    getItemKey: (index) => groups[index]?.key ?? index,
    overscan: OVERSCAN,
  })
  const { scrollToIndex } = virtual
  // The true heights of what was never in sight are not known: the list finds its end by its last row.
  useEffect(() => {
    const region = scroller.current
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.target !== region || (event.key !== 'Home' && event.key !== 'End')) return
      event.preventDefault()
      scrollToIndex(event.key === 'Home' ? 0 : groups.length - 1, { align: 'end' })
    }
    region?.addEventListener('keydown', onKeyDown)
    return () => region?.removeEventListener('keydown', onKeyDown)
  }, [scrollToIndex, groups.length])
  const items = virtual.getVirtualItems()
  const above = items[0]?.start ?? 0
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const containments = groups.reduce((sum, { rows }) => sum + rows.length, 0)
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
    <div ref={scroller} className="scroll" tabIndex={0} role="region" aria-label="List of containments">
      <table className="tbl containments" aria-label="Active containments" aria-rowcount={containments + 1}>
        <thead>
          <tr>
            <th className="w-target">Target</th>
            <th>Containment</th>
            <th className="w-state">State</th>
            <th className="w-alert">Because of</th>
            <th className="w-acts">
              <span className="vh">Ways out</span>
            </th>
          </tr>
        </thead>
        <Gap height={above} />
        {items.map((item) => {
          const group = groups[item.index]
          return (
            <tbody key={item.key} ref={virtual.measureElement} data-index={item.index}>
              {group && <TargetRows group={group} />}
            </tbody>
          )
        })}
        <Gap height={below} />
      </table>
    </div>
  )
}

/** The room of what is out of sight. */
function Gap({ height }: { height: number }): ReactNode {
  if (height <= 0) return null
  return (
    <tbody aria-hidden="true">
      <tr style={{ height }} />
    </tbody>
  )
}
