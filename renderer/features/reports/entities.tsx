import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { ReportDetail } from '../../../shared/model/report.ts'
import { count } from '../../lib/words.ts'
import { useChosenEntity } from './chosen-entity.ts'
import { EntityCard } from './entity-card.tsx'

/** Cards drawn at first. */
const FIRST = 30

/** What the alerts and findings name, one card each, with all that was found about it. */
export function Entities({ detail: { entities } }: { detail: ReportDetail }): ReactNode {
  const [wantsWhole, setWhole] = useState(false)
  const { hash: chosen, no } = useChosenEntity()
  const isWhole = wantsWhole || entities.findIndex(({ hash }) => hash === chosen) >= FIRST
  const before = useRef(no)
  useEffect(() => {
    // What was chosen in another report is no news.
    if (no === before.current) return
    before.current = no
    const card = document.getElementById(`entity-${chosen}`)
    card?.scrollIntoView({ block: 'nearest' })
    card?.focus({ preventScroll: true })
  }, [chosen, no])
  const findings = entities.reduce((sum, entity) => sum + entity.findings.length, 0)
  const authors = new Set(entities.flatMap((entity) => entity.findings.map(({ author }) => author)))
  const shown = isWhole ? entities : entities.slice(0, FIRST)
  return (
    <section className="sect entities" aria-label="Entities">
      <header>
        <h3>Entities</h3>
        <span className="muted">
          {entities.length.toLocaleString('en-US')}
          {findings > 0 && ` with ${count(findings, 'finding')}, by ${count(authors.size, 'inspector')}`}
        </span>
      </header>
      {entities.length === 0 && <p className="muted small">Its alerts name nothing that could be looked up.</p>}
      {shown.map((entity) => (
        <EntityCard key={entity.hash} entity={entity} />
      ))}
      {shown.length < entities.length && (
        <button type="button" className="link small" onClick={() => setWhole(true)}>
          Show all {entities.length.toLocaleString('en-US')}
        </button>
      )}
    </section>
  )
}
