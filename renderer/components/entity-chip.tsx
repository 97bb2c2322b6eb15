import { Link2Off } from 'lucide-react'
import type { ReactNode } from 'react'
import { defang, observableKind } from '../lib/defang.ts'
import { Chip } from './chip.tsx'
import { CopyButton } from './copy-button.tsx'

/** An observable with what is done to it most: copied as it is, and in a form that nobody's program turns into a link. */
export function EntityChip({ value, type }: { value: string; type: string }): ReactNode {
  const defanged = defang(value, observableKind(value, type))
  return (
    <span className="entity-chip">
      <Chip value={value} type={type} isShort />
      <span className="copies">
        <CopyButton text={value} label="Copy the value" isIconOnly />
        {defanged !== value && <CopyButton text={defanged} label="Copy it defanged" icon={Link2Off} isIconOnly />}
      </span>
    </span>
  )
}
