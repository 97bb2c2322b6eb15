import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import type { DeskError } from '../lib/bridge.ts'
import { Button } from './button.tsx'
import { State } from './state.tsx'
import { Text } from './text.tsx'

/** What to show where something could not be read: the reason, its stable code, and another try. */
export function Failure({ error, onRetry }: { error: DeskError; onRetry?: () => void }): ReactNode {
  return (
    <div className="empty" role="alert">
      <State kind="fail">Could not be read</State>
      <p>
        <Text value={error.message} />
      </p>
      <p className="micro mono">{error.code}</p>
      {onRetry && (
        <p>
          <Button icon={RotateCw} onClick={onRetry}>
            Try again
          </Button>
        </p>
      )}
    </div>
  )
}

/** Empty places teach: what this is for, what to do next. */
export function Empty({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** Shown only when loading takes long enough to notice (styles delay it). */
export function Loading({ what }: { what: string }): ReactNode {
  return (
    <p className="loading" aria-busy="true">
      Reading {what}…
    </p>
  )
}
