import type { ReactNode } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { TextSetting } from './setting-row.tsx'

const CAPS = [
  ['contain.maxPerChain', 'One chain may contain without asking', 'In one run, over all its rounds.'],
  [
    'contain.maxPerRule',
    'One rule may hold contained without asking',
    'At one time; what was taken back counts no more.',
  ],
  ['contain.maxPerHour', 'One hour may see contained without asking', 'By all chains together.'],
] as const

/** How much may be contained before somebody is asked, whatever policies say. */
export function CapSettings({ settings }: { settings: Settings }): ReactNode {
  return CAPS.map(([name, title, hint]) => (
    <TextSetting
      key={name}
      title={title}
      hint={`${hint} What is beyond waits for you, whatever the policy says.`}
      isShort
      unit="targets"
      value={String(settings[name])}
      parse={(text) =>
        /^\d+$/.test(text.trim()) ? { [name]: Number(text) } : 'Give a number, 0 to ask about each one'
      }
    />
  ))
}
