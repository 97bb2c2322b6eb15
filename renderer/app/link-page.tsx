import type { ReactNode } from 'react'
import { CopyButton } from '../components/copy-button.tsx'
import { Text } from '../components/text.tsx'

export interface LinkPageProps {
  message: string
  /** Opens this desk again, with its folders */
  command: string
}

/** The browser host without a valid link: says how to get one. */
export function LinkPage({ message, command }: LinkPageProps): ReactNode {
  return (
    <main className="solo">
      <div>
        <h1>This link does not open the desk</h1>
        <p className="muted">
          <Text value={message} /> A link works once, in one browser tab, and only while Tocsin runs. Nothing is lost.
        </p>
        <p>
          Run this in the folder where Tocsin is installed, again for a fresh link. It joins the Tocsin that runs on
          these folders, or starts it.
        </p>
        <div className="cmd">
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key */}
          <pre tabIndex={0} role="region" aria-label="Command">
            <Text value={command} isMultiline />
          </pre>
          <CopyButton text={command} label="Copy" />
        </div>
      </div>
    </main>
  )
}
