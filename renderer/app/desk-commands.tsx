import { Keyboard, Moon, Sun, Undo2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { UNDO_KEY, useWayBack } from '../components/toast.tsx'
import { usePalette } from '../features/palette/palette-store.ts'
import { type Command, useCommands } from '../lib/commands.ts'
import { setPreferences } from '../lib/preferences.ts'
import { navigate, type Place } from '../lib/route.ts'
import { KeysDialog } from './keys-dialog.tsx'
import { PLACE_LINKS } from './places.tsx'

/** Second key of `g …` for each place. */
const GO_KEYS: Record<Place, string> = {
  waiting: 'w',
  inbox: 'i',
  events: 'e',
  reports: 'r',
  problems: 'p',
  containments: 'c',
  settings: 's',
}

/** Commands that are there wherever the analyst is. */
export function DeskCommands(): ReactNode {
  const [isHelpOpen, setHelpOpen] = useState(false)
  const undo = useWayBack((back) => back.run)
  const places = PLACE_LINKS.map<Command>((link) => ({
    id: `go-${link.place}`,
    title: link.name,
    group: 'Go to',
    keys: [`g ${GO_KEYS[link.place]}`],
    icon: link.icon,
    run: () => navigate(link.place),
  }))
  useCommands([
    ...places,
    ...(undo
      ? [{ id: 'undo', title: 'Undo the last act', group: 'Desk' as const, keys: [UNDO_KEY], icon: Undo2, run: undo }]
      : []),
    {
      id: 'palette',
      title: 'Commands',
      group: 'Desk',
      keys: ['Mod+K'],
      isUnlisted: true,
      run: () => usePalette.getState().open(),
    },
    { id: 'keys', title: 'Show all keys', group: 'Desk', keys: ['?'], icon: Keyboard, run: () => setHelpOpen(true) },
    { id: 'dark', title: 'Dark theme', group: 'Desk', icon: Moon, run: () => setPreferences({ theme: 'dark' }) },
    { id: 'light', title: 'Light theme', group: 'Desk', icon: Sun, run: () => setPreferences({ theme: 'light' }) },
    {
      id: 'system',
      title: 'Theme of the system',
      group: 'Desk',
      icon: Sun,
      run: () => setPreferences({ theme: 'system' }),
    },
  ])
  return isHelpOpen && <KeysDialog onClose={() => setHelpOpen(false)} />
}
