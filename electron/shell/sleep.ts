import type { PowerMonitor } from 'electron'

export interface SleepOptions {
  powerMonitor: Pick<PowerMonitor, 'on'>
  /** Epoch milliseconds. */
  now: () => number
  /** Told how long the machine slept (milliseconds). */
  onWoke: (sleptMs: number) => void
}

/** Tells of every sleep of the machine once it is over. What follows from it is the engine's to say. */
export function watchSleep({ powerMonitor, now, onWoke }: SleepOptions): void {
  let asleepSince: number | null = null
  powerMonitor.on('suspend', () => {
    // A machine that stirs in its sleep says so again and again: the first time counts.
    asleepSince ??= now()
  })
  powerMonitor.on('resume', () => {
    if (asleepSince !== null) onWoke(now() - asleepSince)
    asleepSince = null
  })
}
