import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { startedAt, statOf } from '../../actions/process/proc.ts'
import type { StandIn } from '../stand-in.ts'

/** A process of the run's own, which is started by none of the desk's and ends by itself within a minute. */
export const processes: StandIn = {
  uses: ['process.stop'],
  service: 'a process of the run’s own',
  args: () => ({ pid: 1, started_at: 1, sha256: '0'.repeat(64) }),
  open({ args, folder }) {
    const pid = startWaiting(join(folder, 'waits'))
    const stat = statOf(pid)
    if (stat === null) throw new Error('The process that stands in has ended by itself')
    const sha256 = createHash('sha256')
      .update(readFileSync(`/proc/${pid}/exe`))
      .digest('hex')
    return {
      args: { ...args, pid, started_at: Math.round(startedAt(stat) / 1000), sha256 },
      isRealTime: true,
      made: () => (isRunning(pid) ? [] : [`stopped process ${pid}`]),
      // It executes another program from then on.
      changeElsewhere() {
        const before = readlinkSync(`/proc/${pid}/exe`)
        process.kill(pid, 'SIGUSR1')
        while (readlinkSync(`/proc/${pid}/exe`) === before) continue
      },
      close: () => void (isRunning(pid) && process.kill(pid, 'SIGKILL')),
    }
  },
}

/** By SIGUSR1 it executes another program. */
const WAITING = '(trap "exec sleep 60" USR1; : > "$1"; sleep 60 & wait) >/dev/null 2>&1 & echo $!'

/** @param mark a file that it makes when it waits */
function startWaiting(mark: string): number {
  const env = { PATH: '/usr/bin:/bin' }
  const { stdout } = spawnSync('/bin/sh', ['-c', WAITING, 'sh', mark], { encoding: 'utf8', env })
  while (!existsSync(mark)) continue
  return Number(stdout)
}

function isRunning(pid: number): boolean {
  const stat = statOf(pid)
  return stat !== null && stat.state !== 'Z'
}
