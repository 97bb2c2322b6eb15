import type { ReactNode } from 'react'
import type { DeskState } from '../../../shared/model/views.ts'
import { useNews } from '../../app/news-store.ts'
import { Keys } from '../../components/button.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { clock } from '../../lib/time.ts'

const KEYS: readonly [string, string][] = [
  ['j k', 'next, previous'],
  ['Enter', 'open the alert'],
  ['w', 'why is this an alert'],
  ['e f', 'close as false positive'],
  ['Mod+K', 'every command'],
  ['?', 'all keys, in context'],
]

/** What the receiver sees, as it happens, and where things are. */
export function Watch({ state }: { state: DeskState }): ReactNode {
  const items = useNews((news) => news.items)
  return (
    <aside className="watch" aria-label="Live view">
      <header>
        <span className="strong">Live</span>
        <span className="small muted">what happens now</span>
        <span className="grow" />
        {items.length === 0 && <State kind="run">waiting for an event</State>}
      </header>
      <ol className="log">
        {items.map((item) => (
          <li key={item.no}>
            <time dateTime={new Date(item.at).toISOString()}>{clock(item.at)}</time>
            <Text value={item.text} max={200} />
          </li>
        ))}
      </ol>
      <section className="sect" aria-label="Where things are">
        <header>
          <h3>Where things are</h3>
        </header>
        <dl className="facts">
          <dt>policies</dt>
          <dd>
            <Text value={state.policyDir} max={300} />
          </dd>
          <dt>data</dt>
          <dd>
            <Text value={state.dataDir} max={300} />
          </dd>
        </dl>
      </section>
      <section className="sect" aria-label="Keys worth knowing">
        <header>
          <h3>Keys worth knowing</h3>
        </header>
        <dl className="keysl">
          {KEYS.map(([keys, does]) => (
            <div key={keys}>
              <dt>
                <Keys of={keys} />
                <span className="vh">{keys}</span>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </section>
    </aside>
  )
}
