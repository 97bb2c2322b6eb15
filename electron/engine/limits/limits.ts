import type { Settings } from '../../../shared/model/settings.ts'
import type { Caps } from './caps.ts'
import { builtInProtections, type Machine } from './own-machine.ts'
import { findProtected, type Barred, type Protection, type TargetNames } from './protected-targets.ts'

/** What bounds containing, whatever policies say. Read anew at each use: a setting holds from the next step on. */
export interface Limits {
  /** The first of these names that is protected, and by what; null when none is. */
  barred(names: TargetNames): Barred | null
  caps(): Caps
}

/** @param machine the one that this desk runs on */
export function openLimits(settings: () => Settings, machine: () => Machine): Limits {
  return {
    barred(names) {
      const listed = settings()['contain.protected'].map((value): Protection => ({ value, why: LISTED }))
      return findProtected(names, [...builtInProtections(machine()), ...listed])
    },
    caps() {
      const { 'contain.maxPerRule': rule, 'contain.maxPerHour': hour, 'contain.maxPerChain': chain } = settings()
      return { rule, hour, chain }
    },
  }
}

const LISTED = 'your list of protected targets has it'
