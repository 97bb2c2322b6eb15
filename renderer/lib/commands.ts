import type { LucideIcon } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { create } from 'zustand'

export const COMMAND_GROUPS = ['On this decision', 'On this alert', 'On this report', 'List', 'Go to', 'Desk'] as const

/** Something the analyst can do from the keyboard and from the palette. */
export interface Command {
  id: string
  title: string
  group: (typeof COMMAND_GROUPS)[number]
  /** Keys that run it: single ones (`j`, `Shift+R`, `Mod+K`) or sequences (`g w`); the first is shown */
  keys?: readonly string[]
  icon?: LucideIcon
  /** Muted words on the right, e.g. a count */
  note?: string
  /** Works by key but is not listed in the palette */
  isUnlisted?: boolean
  run: () => void
}

interface Registry {
  sets: ReadonlyMap<object, readonly Command[]>
}

export const useCommandRegistry = create<Registry>(() => ({ sets: new Map() }))

/** All commands of what is on the screen; what was mounted last comes first and wins a key. */
export function allCommands(): Command[] {
  const sets = [...useCommandRegistry.getState().sets.values()].reverse()
  const seen = new Set<string>()
  return sets.flat().filter((command) => !seen.has(command.id) && seen.add(command.id))
}

/** Offers commands while the component is mounted. */
export function useCommands(commands: readonly Command[]): void {
  const owner = useRef({})
  const latest = useRef(commands)
  useLayoutEffect(() => {
    latest.current = commands
  })
  const shape = commands
    .map((command) => `${command.id}\u0000${command.title}\u0000${command.note ?? ''}`)
    .join('\u0001')
  useEffect(() => {
    const key = owner.current
    const bound = latest.current.map((command) => ({
      ...command,
      // The newest closure, so that a command acts on what is shown now.
      run: () => latest.current.find((candidate) => candidate.id === command.id)?.run(),
    }))
    useCommandRegistry.setState(({ sets }) => ({ sets: new Map(sets).set(key, bound) }))
    return () =>
      useCommandRegistry.setState(({ sets }) => {
        const rest = new Map(sets)
        rest.delete(key)
        return { sets: rest }
      })
  }, [shape])
}
