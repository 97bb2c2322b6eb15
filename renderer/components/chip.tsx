import { AtSign, File, Fingerprint, Globe, Hash, Link, type LucideIcon, Server, User } from 'lucide-react'
import type { ReactNode } from 'react'
import { defang, type ObservableKind, observableKind } from '../lib/defang.ts'
import { visibleText } from '../../shared/visible-text.ts'
import { shortHash } from '../lib/words.ts'
import { Icon } from './icon.tsx'
import { Text } from './text.tsx'

/** What an observable is, as its icon. */
export const KIND_ICONS: Record<ObservableKind, LucideIcon> = {
  url: Link,
  ip: Globe,
  domain: Globe,
  hash: Fingerprint,
  mail: AtSign,
  path: File,
  host: Server,
  user: User,
  value: Hash,
}

interface ChipProps {
  value: string
  type: string
  /** Where there is little room: a hash by its ends, of all others the middle gives way */
  isShort?: boolean
}

/** An observable: type icon and defanged value, never a link. */
export function Chip({ value, type, isShort = false }: ChipProps): ReactNode {
  const kind = observableKind(value, type)
  return (
    <span className="chip" title={isShort ? visibleText(value, 500) : undefined}>
      <Icon of={KIND_ICONS[kind]} size={12} />
      <span className="ell">
        <Text
          value={isShort && kind === 'hash' ? shortHash(value) : defang(value, kind)}
          max={200}
          keepsEnd={isShort}
        />
      </span>
    </span>
  )
}
