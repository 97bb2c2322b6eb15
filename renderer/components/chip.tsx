import { AtSign, File, Fingerprint, Globe, Hash, Link, type LucideIcon, Server, User } from 'lucide-react'
import type { ReactNode } from 'react'
import { defang, type ObservableKind, observableKind } from '../lib/defang.ts'
import { Icon } from './icon.tsx'
import { Text } from './text.tsx'

const KIND_ICONS: Record<ObservableKind, LucideIcon> = {
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

/** An observable: type icon and defanged value, never a link. */
export function Chip({ value, type }: { value: string; type: string }): ReactNode {
  const kind = observableKind(value, type)
  return (
    <span className="chip">
      <Icon of={KIND_ICONS[kind]} size={12} />
      <span className="ell">
        <Text value={defang(value, kind)} max={200} />
      </span>
    </span>
  )
}
