import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ReportDetail } from '../../../shared/model/report.ts'
import { When } from '../../components/age.tsx'
import { Icon } from '../../components/icon.tsx'
import { Text } from '../../components/text.tsx'
import { GRADES, reviewerOf, seenByReview } from './report-words.ts'

/** Reviews listed at first. */
const FIRST = 8

/** Every grade that was given, by a policy version or by the analyst, the newest first. */
export function ReviewHistory({ detail: { reviews, createdAt } }: { detail: ReportDetail }): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? reviews : reviews.slice(0, FIRST)
  return (
    <section className="sect" aria-label="Review history">
      <header>
        <h3>Review history</h3>
        {reviews.length > 0 && <span className="muted">{reviews.length.toLocaleString('en-US')}</span>}
      </header>
      <ol className="rev">
        {shown.map((review) => {
          const { icon, kind, word } = GRADES[review.severity]
          return (
            <li key={review.id}>
              <span className={`disc k-${kind}`}>
                <Icon of={icon} />
              </span>
              <p>
                {word}{' '}
                <span className="muted small">
                  <When at={review.at} />, {reviewerOf(review)}
                </span>
              </p>
              {review.reason !== '' && (
                <p className="small">
                  <Text value={review.reason} max={300} canExpand />
                </p>
              )}
              <p className="sub">{seenByReview(review)}</p>
            </li>
          )
        })}
        {shown.length === reviews.length && (
          <li>
            <span className="disc k-off">
              <Icon of={Plus} />
            </span>
            <p>
              new{' '}
              <span className="muted small">
                <When at={createdAt} />
              </span>
            </p>
            <p className="sub">First alert opened the window</p>
          </li>
        )}
      </ol>
      {shown.length < reviews.length && (
        <button type="button" className="link small" onClick={() => setWhole(true)}>
          Show all {reviews.length.toLocaleString('en-US')}
        </button>
      )}
    </section>
  )
}
