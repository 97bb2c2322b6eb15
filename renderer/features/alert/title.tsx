import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Text } from '../../components/text.tsx'
import { useWidth } from '../../lib/width.ts'

/** Longer titles are cut until asked for. */
const MAX = 500

/** The alert's title: two lines of it, and the rest on request. */
export function Title({ value }: { value: string }): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null)
  const [frame, width] = useWidth()
  const [isWhole, setWhole] = useState(false)
  const [isCut, setCut] = useState(false)
  useEffect(() => {
    const { scrollHeight = 0, clientHeight = 0 } = heading.current ?? {}
    if (!isWhole) setCut(value.length > MAX || scrollHeight > clientHeight + 1)
  }, [value, width, isWhole])
  return (
    <div className="grow" ref={frame}>
      <h2 ref={heading} className={isWhole ? 'whole' : undefined}>
        <Text value={value} max={isWhole ? value.length : MAX} />
      </h2>
      {isCut && (
        <button type="button" className="link small" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show two lines' : 'Show the whole title'}
        </button>
      )}
    </div>
  )
}
