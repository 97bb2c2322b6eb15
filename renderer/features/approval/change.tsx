import { ArrowRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { Icon } from '../../components/icon.tsx'
import { Text } from '../../components/text.tsx'

/** Old value, arrow, new value. */
export function Change({ before, after }: { before: string; after: string }): ReactNode {
  return (
    <>
      <span className="was">
        <Text value={before} max={400} />
      </span>
      <span className="vh">was, now</span>
      <Icon of={ArrowRight} size={12} />
      <span>
        <Text value={after} max={400} />
      </span>
    </>
  )
}
