import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { JsonView, parsedJson } from '../../components/json-view.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { useQuery } from '../../lib/query.ts'
import { href, navigate } from '../../lib/route.ts'
import { full } from '../../lib/time.ts'
import { bytes, OUTCOME_WORDS } from '../../lib/words.ts'

/** One event: where it came from, what became of it, and its bytes. */
export function EventDetail({ id }: { id: string }): ReactNode {
  const { value: event, error, reload } = useQuery('events.get', { id }, { what: ['events'] })
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
    <section className="pane" aria-label="Event" tabIndex={0}>
      <header className="ahead">
        <div className="top">
          <h2 className="grow">{event ? <Text value={event.schema} max={200} /> : 'Event'}</h2>
          <Button look="ghost" isSmall icon={X} aria-label="Close detail" onClick={() => navigate('events')} />
        </div>
        {event && (
          <div className="meta">
            <State kind={OUTCOME_WORDS[event.outcome].kind}>{OUTCOME_WORDS[event.outcome].word}</State>
            <span>{full(event.receivedAt)}</span>
            <span>{bytes(event.size)}</span>
            {event.alertIds.map((alertId, index) => (
              <a key={alertId} className="link" href={href('inbox', alertId)}>
                Open alert{event.alertIds.length > 1 ? ` ${index + 1}` : ''}
              </a>
            ))}
            {event.problemId && (
              <a className="link" href={href('problems', event.problemId)}>
                Open problem
              </a>
            )}
          </div>
        )}
      </header>
      {error && !event && <Failure error={error} onRetry={reload} />}
      {!event && !error && <Loading what="the event" />}
      {event && (
        <>
          <section className="sect" aria-label="How it came in">
            <dl className="facts">
              <Fact name="source" value={event.source} />
              <Fact name="route" value={event.route} />
              <Fact name="from" value={event.remote} />
              {event.deliveryId && <Fact name="delivery id" value={event.deliveryId} />}
              <Fact name="sha256" value={event.sha256} />
              {Object.entries({ ...event.headers, ...event.query }).map(([name, value]) => (
                <Fact key={name} name={name} value={value} />
              ))}
            </dl>
          </section>
          <section className="sect" aria-label="Body">
            <header>
              <h3>Body</h3>
            </header>
            {event.isTextReplaced && (
              <p className="muted small">
                Some of its bytes are no text, or stand for a secret of yours: policies and alerts have U+FFFD (
                {'\uFFFD'}) or the secret’s ‹NAME› there. They are kept as they came.
              </p>
            )}
            {event.body === null ? (
              <p className="muted small">Deleted by the retention setting. Its hash stays.</p>
            ) : (
              <JsonView
                label="Body"
                value={event.isBodyTruncated ? undefined : parsedJson(event.body)}
                text={event.body}
              >
                {event.isBodyTruncated && 'Only the beginning is shown.'}
              </JsonView>
            )}
          </section>
        </>
      )}
    </section>
  )
}

function Fact({ name, value }: { name: string; value: string }): ReactNode {
  return (
    <>
      <dt className="ell">
        <Text value={name} max={60} />
      </dt>
      <dd>
        <Text value={value} max={400} canExpand />
      </dd>
    </>
  )
}
