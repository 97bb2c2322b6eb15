import { Dialog } from '@base-ui/react/dialog'
import { ChevronRight, Search } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { Keys } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import { allCommands, type Command, COMMAND_GROUPS } from '../../lib/commands.ts'
import { navigate } from '../../lib/route.ts'
import { useInbox } from '../inbox/inbox-store.ts'
import { usePalette } from './palette-store.ts'

/** Everything that can be done here, by typing a part of its name. */
export function Palette(): ReactNode {
  const { isOpen, close } = usePalette()
  if (!isOpen) return null
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Viewport className="dialog-place">
          <Dialog.Popup className="dialog pal" aria-label="Commands">
            <PaletteBody onDone={close} />
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function matches(command: Command, words: readonly string[]): boolean {
  const text = command.title.toLowerCase()
  return words.every((word) => text.includes(word))
}

function found(commands: readonly Command[], query: string): Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const hits = commands.filter((command) => !command.isUnlisted && matches(command, words))
  const grouped = COMMAND_GROUPS.flatMap((group) => hits.filter((command) => command.group === group))
  if (query.trim() === '') return grouped
  return [
    ...grouped,
    {
      id: 'search-alerts',
      title: `Search alerts for “${query.trim()}”`,
      group: 'List',
      icon: Search,
      run: () => {
        navigate('inbox')
        void useInbox.getState().setFilter({ text: query.trim() })
      },
    },
  ]
}

function PaletteBody({ onDone }: { onDone: () => void }): ReactNode {
  // What the screen offered when the palette was opened: the list must not change under the hand.
  const [commands] = useState(allCommands)
  const [query, setQuery] = useState('')
  const [index, setIndex] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const hits = found(commands, query)
  const active = hits[Math.min(index, hits.length - 1)]

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [active?.id])

  const run = (command: Command | undefined) => {
    if (!command) return
    onDone()
    // After the dialog gave the focus back, so that a command may move it.
    window.setTimeout(command.run)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }
    const step = steps[event.key]
    if (step) setIndex((at) => (Math.min(at, hits.length - 1) + step + hits.length) % Math.max(1, hits.length))
    else if (event.key === 'Enter') run(active)
    else return
    event.preventDefault()
  }
  return (
    <>
      <div className="pin">
        <Icon of={Search} />
        <input
          role="combobox"
          aria-label="Command"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={active ? `palette-${active.id}` : undefined}
          aria-autocomplete="list"
          placeholder="Type a command"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setIndex(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className="plist" ref={list} id="palette-list" role="listbox" aria-label="Commands found">
        {hits.map((command, at) => (
          <PaletteRow
            key={command.id}
            command={command}
            isFirst={hits[at - 1]?.group !== command.group}
            isActive={command === active}
            onRun={() => run(command)}
            onPoint={() => setIndex(at)}
          />
        ))}
      </div>
      <div className="pf">
        <span>
          <Keys of="ArrowUp ArrowDown" /> choose
        </span>
        <span>
          <Keys of="Enter" /> run
        </span>
        <span className="grow" />
        <span>
          <Keys of="Escape" /> close
        </span>
      </div>
    </>
  )
}

interface RowProps {
  command: Command
  isFirst: boolean
  isActive: boolean
  onRun: () => void
  onPoint: () => void
}

function PaletteRow({ command, isFirst, isActive, onRun, onPoint }: RowProps): ReactNode {
  return (
    <>
      {isFirst && (
        <div className="pg" role="presentation">
          {command.group}
        </div>
      )}
      <div
        className="po"
        id={`palette-${command.id}`}
        role="option"
        aria-selected={isActive}
        tabIndex={-1}
        onClick={onRun}
        onKeyDown={(event) => event.key === 'Enter' && onRun()}
        onPointerMove={onPoint}
      >
        <Icon of={command.icon ?? ChevronRight} />
        <span className="ell">{command.title}</span>
        <span className="muted small">{command.note}</span>
        {command.keys?.[0] ? <Keys of={command.keys[0]} /> : <span />}
      </div>
    </>
  )
}
