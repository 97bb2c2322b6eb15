import { readFileSync, statSync } from 'node:fs'

/** Where a data folder lies: what its copy, on this machine or another, does not share with it. */
export interface Place {
  /** The system's id of this machine; '' where it gives none. */
  machine: string
  /**
   * Inode of the audit head's file, which is made once, never replaced, and written at every commit: who puts an older state
   * back has to replace it, also with a tool that leaves files alone that did not change.
   */
  file: string
  /** When that file was made, in epoch nanoseconds; '' where the file system does not say. */
  born: string
}

/** Linux alone has it as a file; elsewhere the file must tell. */
const MACHINE_ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id']

/** @param headFile the audit head of the data folder */
export function placeOf(headFile: string): Place {
  const { ino, birthtimeNs, ctimeNs } = statSync(headFile, { bigint: true })
  // Where the birth is not known, Node gives 0 or the time of the last change.
  const isBornKnown = birthtimeNs > 0n && birthtimeNs !== ctimeNs
  return { machine: machineId(), file: String(ino), born: isBornKnown ? String(birthtimeNs) : '' }
}

/**
 * Whether two places are one. On Linux nobody can give a copy its original's time of birth, while a copy may get the inode of
 * a file that was deleted, and some file systems number anew at each mount; elsewhere copies keep the birth, not the inode.
 */
export function isSamePlace(a: Place, b: Place, platform: NodeJS.Platform = process.platform): boolean {
  if (a.machine !== '' && b.machine !== '' && a.machine !== b.machine) return false
  const isBornTelling = platform === 'linux' && a.born !== '' && b.born !== ''
  return isBornTelling ? a.born === b.born : a.file === b.file
}

function machineId(): string {
  for (const path of MACHINE_ID_FILES) {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch {
      // The next one, or none: containers and other systems have no such file.
    }
  }
  return ''
}
