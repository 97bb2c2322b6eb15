import type { ReactNode } from 'react'
import { type Severity, severity, type TriageState, triageState } from '../../../shared/model/states.ts'
import { SeverityTile } from '../../components/state.tsx'
import { visibleText } from '../../../shared/visible-text.ts'
import { SEVERITIES, TRIAGE_WORDS } from '../../lib/words.ts'
import { useInbox } from './inbox-store.ts'

function toggled<Value>(values: readonly Value[], value: Value): Value[] {
  return values.includes(value) ? values.filter((each) => each !== value) : [...values, value]
}

/** What the list is narrowed to, with counts of what each choice would show. */
export function Facets(): ReactNode {
  const { filter, facets, setFilter } = useInbox()
  const countOf = (list: readonly { value: string; count: number }[] | undefined, value: string) =>
    list?.find((facet) => facet.value === value)?.count ?? 0
  const sources = [...new Set([...(facets?.source.map((facet) => facet.value) ?? []), ...filter.sources])]
  return (
    <aside className="facets" aria-label="Facets" title="Counts are rows: alerts of one key are one row">
      <Group name="Status">
        {triageState.options.map((state: TriageState) => (
          <Choice
            key={state}
            label={TRIAGE_WORDS[state]}
            count={countOf(facets?.triage, state)}
            isOn={filter.triage.includes(state)}
            onToggle={() => void setFilter({ triage: toggled(filter.triage, state) })}
          />
        ))}
        <Choice
          label="Waiting for you"
          count={null}
          isOn={filter.waitingOnly}
          onToggle={() => void setFilter({ waitingOnly: !filter.waitingOnly })}
        />
      </Group>
      <Group name="Severity">
        {severity.options.map((level: Severity) => (
          <Choice
            key={level}
            label={SEVERITIES[level].word}
            tile={<SeverityTile severity={level} />}
            count={countOf(facets?.severity, level)}
            isOn={filter.severities.includes(level)}
            onToggle={() => void setFilter({ severities: toggled(filter.severities, level) })}
          />
        ))}
      </Group>
      {sources.length > 0 && (
        <Group name="Source">
          {sources.map((source) => (
            <Choice
              key={source}
              label={visibleText(source, 60)}
              count={countOf(facets?.source, source)}
              isOn={filter.sources.includes(source)}
              onToggle={() => void setFilter({ sources: toggled(filter.sources, source) })}
            />
          ))}
        </Group>
      )}
    </aside>
  )
}

function Group({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <section role="group" aria-label={name}>
      <h2>{name}</h2>
      {children}
    </section>
  )
}

interface ChoiceProps {
  label: string
  tile?: ReactNode
  count: number | null
  isOn: boolean
  onToggle: () => void
}

function Choice({ label, tile, count, isOn, onToggle }: ChoiceProps): ReactNode {
  return (
    <label>
      <input type="checkbox" className="box" checked={isOn} onChange={onToggle} aria-label={label} />
      {tile && <span aria-hidden="true">{tile}</span>}
      <span className="ell">{label}</span>
      {count !== null && <span className="n">{count.toLocaleString('en-US')}</span>}
    </label>
  )
}
