import { Maximize2, Minimize2 } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useMemo } from 'react'
import type { ReportDetail } from '../../../shared/model/report.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { Button } from '../../components/button.tsx'
import { Loading } from '../../components/failure.tsx'
import { Text } from '../../components/text.tsx'
import { defang, defangText, observableKind } from '../../lib/defang.ts'
import { count, shortHash } from '../../lib/words.ts'
import { chooseEntity } from './chosen-entity.ts'
import { type RelationLine, relationLines, relationsOf } from './relations-of.ts'

/** The graph's libraries are a fifth of the page: they come with the first report that is opened. */
const RelationGraphView = lazy(async () => {
  const { RelationGraphView: view } = await import('./relation-graph.tsx')
  return { default: view }
})

/** Alerts named in one line of the list. */
const MOST_NAMED = 3

export interface RelationsProps {
  detail: ReportDetail
  isLarge: boolean
  onSize: (isLarge: boolean) => void
}

/** Which alerts name which entities, and who found something about them: as a graph and as a list that says the same. */
export function Relations({ detail, isLarge, onSize }: RelationsProps): ReactNode {
  const shape = JSON.stringify(relationsOf(detail))
  // The picture stays the same object while nothing of it changed: it is laid out once.
  const graph = useMemo(() => JSON.parse(shape) as ReturnType<typeof relationsOf>, [shape])
  const lines = useMemo(() => relationLines(detail), [detail])
  return (
    <section className="sect relations" aria-label="Relations">
      <header>
        <h3>Relations</h3>
        <span className="muted grow ell">drawn with React Flow</span>
        {graph.edges.length > 0 && (
          <Button
            look="ghost"
            isSmall
            icon={isLarge ? Minimize2 : Maximize2}
            aria-label={isLarge ? 'Show the graph small' : 'Show the graph large'}
            onClick={() => onSize(!isLarge)}
          />
        )}
      </header>
      {lines.length === 0 && <p className="muted small">Nothing to relate yet.</p>}
      {lines.length > 0 && (
        <>
          <Suspense fallback={<Loading what="the graph" />}>
            <RelationGraphView graph={graph} isLarge={isLarge} />
          </Suspense>
          {graph.leftOut > 0 && (
            <p className="muted small">
              {count(graph.leftOut, 'further node')} {graph.leftOut === 1 ? 'is' : 'are'} not drawn: the list has all
              entities.
            </p>
          )}
          <details className="small" open={lines.length <= 12}>
            <summary>Relations as a list, {count(lines.length, 'entity', 'entities')}</summary>
            <ul className="relation-list" aria-label="Relations as a list">
              {lines.map((line) => (
                <Line key={line.hash} line={line} />
              ))}
            </ul>
          </details>
        </>
      )}
    </section>
  )
}

function Line({ line }: { line: RelationLine }): ReactNode {
  const { hash, value, type, namedBy, broughtUpBy, foundBy } = line
  const kind = observableKind(value, type)
  return (
    <li>
      <button type="button" className="link mono" onClick={() => chooseEntity(hash)}>
        <Text value={kind === 'hash' ? shortHash(value) : defang(value, kind)} max={80} />
      </button>{' '}
      <span className="muted">
        {namedBy.length > 0 && `named by ${alertsInWords(namedBy)}`}
        {broughtUpBy !== null && `${namedBy.length > 0 ? ', ' : ''}brought up by ${visibleText(broughtUpBy, 60)}`}
        {foundBy.length > 0 && `; ${foundBy.map((author) => visibleText(author, 60)).join(', ')} found something`}
      </span>
    </li>
  )
}

/** `Port probe ×3`: alerts of one title are one name with their number. */
function alertsInWords(titles: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const title of titles) counts.set(title, (counts.get(title) ?? 0) + 1)
  const names = [...counts].map(
    ([title, number]) => `${visibleText(defangText(title), 60)}${number > 1 ? ` ×${number}` : ''}`,
  )
  const rest = names.length - MOST_NAMED
  return rest > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${rest} more` : names.join(', ')
}
