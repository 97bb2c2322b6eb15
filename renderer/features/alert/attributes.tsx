import { type ReactNode, useState } from 'react'
import type { AlertDetail } from '../../../shared/model/views.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { EntityChip } from '../../components/entity-chip.tsx'
import { Text } from '../../components/text.tsx'
import { defang, defangText, observableKind } from '../../lib/defang.ts'

/** Attributes beyond these are listed on request. */
const FIRST = 12

/** What is known about the alert: by the alert policy, and what its chain added. */
export function Attributes({ detail }: { detail: AlertDetail }): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const { attrs, alert, prints } = detail
  const added = attrs.filter((attribute) => attribute.addedBy !== null).length
  const shown = isWhole ? attrs : attrs.slice(0, FIRST)
  return (
    <section className="sect attributes" aria-label="Attributes">
      <header>
        <h3>Attributes</h3>
        <span className="muted">{added > 0 ? `${attrs.length}, ${added} added by the chain` : attrs.length}</span>
      </header>
      {attrs.length === 0 && <p className="muted small">The policy set none.</p>}
      <dl className="kv">
        {shown.map((attribute) => (
          <div key={attribute.id}>
            <dt title={attribute.key}>
              <Text value={attribute.key} max={60} keepsEnd />
            </dt>
            <dd>
              <Value value={attribute.value} type={`${attribute.type} ${attribute.key}`} />
              {attribute.addedBy !== null && (
                <span className="seen">
                  by <Text value={attribute.addedBy} max={40} />
                </span>
              )}
              {attribute.persist && <span className="seen">kept</span>}
            </dd>
          </div>
        ))}
      </dl>
      {shown.length < attrs.length && (
        <button type="button" className="link small" onClick={() => setWhole(true)}>
          Show all {attrs.length}
        </button>
      )}
      {alert.refs.length > 0 && (
        <dl className="kv one refs" aria-label="References">
          {alert.refs.map((reference, index) => (
            <div key={index}>
              <dt title={reference.title}>
                <Text value={defangText(reference.title) || 'Reference'} max={60} keepsEnd />
              </dt>
              <dd>
                <span className="ell">
                  <Text value={defang(reference.url, observableKind(reference.url, ''))} max={300} />
                </span>
                <CopyButton text={reference.url} label="Copy address" isIconOnly />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {prints.length > 0 && (
        <details className="small">
          <summary>Printed by the policy, {prints.length}</summary>
          <pre className="raw">
            <Text value={prints.join('\n')} isMultiline canExpand />
          </pre>
        </details>
      )}
    </section>
  )
}

function Value({ value, type }: { value: unknown; type: string }): ReactNode {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (typeof value === 'string' && observableKind(value, type) !== 'value')
    return <EntityChip value={value} type={type} />
  return (
    <span className="ell" title={text.slice(0, 500)}>
      <Text value={text} max={300} />
    </span>
  )
}
