import { Bell, Search } from 'lucide-react'
import type { ReactNode } from 'react'
import type { DeskState } from '../../shared/model/views.ts'
import { Keys } from '../components/button.tsx'
import { Icon } from '../components/icon.tsx'
import { usePalette } from '../features/palette/palette-store.ts'
import { useLink } from '../lib/link.ts'
import { ModeSwitch } from './mode-switch.tsx'

const RECEIVER = {
  starting: { word: 'Receiver is starting on', kind: 'c-accent' },
  listening: { word: 'Receiver listening on', kind: 'c-ok' },
  port_taken: { word: 'Port taken, nothing is received on', kind: 'c-critical' },
  stopped: { word: 'Receiver is stopped, it was on', kind: 'c-info' },
  failed: { word: 'Receiver failed on', kind: 'c-critical' },
  unknown: { word: 'Whether it receives is not known, it was on', kind: 'c-info' },
} as const

export function TitleBar({ state }: { state: DeskState | null }): ReactNode {
  const link = useLink()
  return (
    <header className="titlebar">
      <div className="tb-side">
        <span className="brand">
          <Icon of={Bell} />
          Tocsin
          {state && <span className="ws">{workspaceName(state.policyDir)}</span>}
        </span>
      </div>
      <button
        type="button"
        className="omni"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => usePalette.getState().open()}
      >
        <Icon of={Search} />
        <span className="grow words">Search or run a command</span>
        <Keys of="Mod+K" />
      </button>
      <div className="tb-side end">
        {link.state === 'lost' && <span className="state k-fail">Not connected</span>}
        {state && (
          <ReceiverLamp receiver={state.receiver} isKnown={link.state !== 'lost' && state.engine === 'running'} />
        )}
        {state && <ModeSwitch state={state} />}
      </div>
    </header>
  )
}

/** The last folder of the workspace's path: how the analyst calls it. */
function workspaceName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? ''
}

interface ReceiverLampProps {
  receiver: DeskState['receiver']
  /** False while nobody tells: what it was then is no news of what it is */
  isKnown: boolean
}

function ReceiverLamp({ receiver, isKnown }: ReceiverLampProps): ReactNode {
  const { word, kind } = RECEIVER[isKnown ? receiver.state : 'unknown']
  // Of port 0 the system made another one.
  const address = receiver.url?.replace('http://', '') ?? receiver.address
  return (
    <span className="live" title={(isKnown && receiver.message) || `${word} ${address}`}>
      <span className={`dot ${kind}`} />
      <span className="vh">{word} </span>
      <span className="url">{address}</span>
    </span>
  )
}
