import { useState } from 'react'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { useCommands } from '../../lib/commands.ts'

/** Alike decisions that are chosen to be made together. */
export interface Chosen {
  rows: readonly WaitingRow[]
  ids: ReadonlySet<string>
  /** Others of the same kind that wait too */
  others: number
  /** Chooses a decision, or no longer; one of another kind begins a new choice */
  toggle: (row: WaitingRow | null) => void
  add: (rows: readonly (WaitingRow | null | undefined)[]) => void
  /** All that are alike to the chosen ones, else to this one */
  all: (row: WaitingRow | null) => void
  clear: () => void
}

/** @param rows all that wait: what was decided meanwhile is not chosen any more */
export function useChosen(rows: readonly WaitingRow[]): Chosen {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const present = rows.filter((row) => chosen.has(row.actionId))
  const alike = present[0]?.alike
  const kindOf = (like: string) => rows.filter((row) => row.kind === 'approval' && row.alike === like)
  const add = (more: readonly (WaitingRow | null | undefined)[]) => {
    const known = more.flatMap((row) => (row?.kind === 'approval' ? [row] : []))
    const like = known[0]?.alike
    if (like === undefined) return
    const before = like === alike ? present : []
    setChosen(new Set([...before, ...known.filter((row) => row.alike === like)].map((row) => row.actionId)))
  }
  return {
    rows: present,
    ids: new Set(present.map((row) => row.actionId)),
    others: alike === undefined ? 0 : kindOf(alike).length - present.length,
    toggle: (row) => {
      if (row && chosen.has(row.actionId)) setChosen(new Set([...chosen].filter((id) => id !== row.actionId)))
      else add([row])
    },
    add,
    all: (row) => {
      const like = alike ?? row?.alike
      if (like !== undefined) add(kindOf(like))
    },
    clear: () => setChosen(new Set()),
  }
}

/** Kinds whose rest is shown. @returns them, and what opens or folds one */
export function useFolds(): [ReadonlySet<string>, (alike: string) => void] {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggle = (alike: string) =>
    setOpened(opened.has(alike) ? new Set([...opened].filter((each) => each !== alike)) : new Set([...opened, alike]))
  return [opened, toggle]
}

export interface Choosing {
  chosen: Chosen
  shown: WaitingRow | null
  /** Goes on in the list. @returns where it came to */
  step: (by: 1 | -1) => WaitingRow | undefined
  onFold: (alike: string) => void
}

/** The keys that choose. */
export function useChoosing({ chosen, shown, step, onFold }: Choosing): void {
  const extend = (by: 1 | -1) => chosen.add([shown, step(by)])
  useCommands([
    { id: 'choose', title: 'Choose this decision', group: 'List', keys: ['x'], run: () => chosen.toggle(shown) },
    {
      id: 'choose-next',
      title: 'Choose down',
      group: 'List',
      keys: ['Shift+J', 'Shift+ArrowDown'],
      run: () => extend(1),
    },
    {
      id: 'choose-previous',
      title: 'Choose up',
      group: 'List',
      keys: ['Shift+K', 'Shift+ArrowUp'],
      run: () => extend(-1),
    },
    { id: 'choose-all', title: 'Choose all alike', group: 'List', keys: ['* a'], run: () => chosen.all(shown) },
    {
      id: 'unfold',
      title: 'Show or fold those that are alike',
      group: 'List',
      keys: ['l'],
      run: () => shown && onFold(shown.alike),
    },
  ])
}
