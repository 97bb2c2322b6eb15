import { readdir, readlink, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { COPY_PREFIX, CHILD_FD } from './script-copy.ts'

/**
 * Ends the scripts that a process which died has left running, before anybody asks their targets what became of them: they are
 * known by the copy that they hold open (Linux; elsewhere only the copies are removed). What runs with other rights goes on.
 * @param folder that no other process runs scripts from
 */
export async function endLeftovers(folder: string): Promise<void> {
  const left = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(COPY_PREFIX))
  if (left.length === 0) return
  const copies = left.map((name) => join(folder, name) + sep)
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  await Promise.all(
    pids.map(async (pid) => {
      // Of a process of another user, or one that has ended meanwhile, nothing is told.
      const held = await readlink(`/proc/${pid}/fd/${CHILD_FD}`).catch(() => '')
      if (copies.some((copy) => held.startsWith(copy))) end(Number(pid))
    }),
  )
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended, or is another user's.
  }
}
