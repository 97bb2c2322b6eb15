import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

/** An icon of the desk: 16 px, 1.5 stroke, decoration only (its meaning stands beside it in words). */
export function Icon({ of: Glyph, size = 16 }: { of: LucideIcon; size?: number }): ReactNode {
  return <Glyph className="ic" size={size} strokeWidth={1.5} nonScalingStroke aria-hidden="true" />
}
