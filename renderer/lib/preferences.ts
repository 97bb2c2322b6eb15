import { z } from 'zod'
import { create } from 'zustand'

const KEY = 'tocsin.preferences'

const schema = z.object({
  theme: z.enum(['system', 'dark', 'light']).catch('system'),
  hasLetterKeys: z.boolean().catch(true),
  hasFacets: z.boolean().catch(true),
  hasSeenVaultWarning: z.boolean().catch(false),
  hasHiddenGuide: z.boolean().catch(false),
})

/** What this window looks like; kept in this browser only, no part of the workspace. */
export type Preferences = z.infer<typeof schema>

function stored(): Preferences {
  const text = window.localStorage.getItem(KEY)
  try {
    return schema.parse(text ? JSON.parse(text) : {})
  } catch {
    return schema.parse({})
  }
}

export const usePreferences = create<Preferences>(stored)

export function preferences(): Preferences {
  return usePreferences.getState()
}

export function setPreferences(change: Partial<Preferences>): void {
  usePreferences.setState(change)
  window.localStorage.setItem(KEY, JSON.stringify(usePreferences.getState()))
  applyTheme()
}

/** Puts the chosen theme on the document; without one the system decides (styles/tokens.css). */
export function applyTheme(): void {
  const { theme } = preferences()
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}
