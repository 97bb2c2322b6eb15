import type { ReactNode } from 'react'
import { Text } from '../components/text.tsx'
import { CopyButton } from '../components/copy-button.tsx'

const COMMAND = 'npx tocsin desk'

/** The browser host without a valid link: says how to get one. */
export function LinkPage({ message }: { message: string }): ReactNode {
  return (
    <main className="solo">
      <div>
        <h1>This link does not open the desk</h1>
        <p className="muted">
          <Text value={message} /> A link works once, in one browser tab, and only while Tocsin runs. Nothing is lost.
        </p>
        <p>
          Run <code>tocsin desk</code> again for a fresh link. It joins a Tocsin that runs already.
        </p>
        <div className="cmd">
          <pre>{COMMAND}</pre>
          <CopyButton text={COMMAND} label="Copy" />
        </div>
      </div>
    </main>
  )
}
