import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { sha256 } from '../forms/canonical.ts'
import type { AuditHead } from './audit-log.ts'

/** Two records of one sector each, written in turn: a write that is cut off leaves the other one. */
const SLOT_BYTES = 512

interface Slot extends AuditHead {
  /** Which write this was; a restored database's head is lower than the one before. */
  n: number
}

/**
 * The audit head beside the database: what a start compares the database's last records with. It is written after each COMMIT
 * has returned, so it is never ahead of the database, and before anybody is answered, so it is never behind an answer. It is
 * not synced by itself (a commit would cost a second sync): a killed process leaves it whole, a power cut may leave an older
 * one, which asks for less and accuses nobody.
 */
export class AuditHeadFile {
  readonly #file: number
  #n: number
  #isOpen = true

  /** @param path made when it is missing */
  constructor(path: string) {
    this.#n = readSlot(path)?.n ?? 0
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w', 0o600)
  }

  keep({ seq, hash }: AuditHead): void {
    this.#n += 1
    const text = JSON.stringify({ n: this.#n, seq, hash } satisfies Slot)
    writeSync(this.#file, `${text} ${sha256(text)}`.padEnd(SLOT_BYTES - 1).concat('\n'), (this.#n % 2) * SLOT_BYTES)
  }

  /** May be called twice. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#file)
  }
}

/** @returns the head that was kept last; null when there is no such file, or nothing that can be read in it */
export function readAuditHeadFile(path: string): AuditHead | null {
  const slot = readSlot(path)
  return slot === null ? null : { seq: slot.seq, hash: slot.hash }
}

function readSlot(path: string): Slot | null {
  if (!existsSync(path)) return null
  const text = readFileSync(path, 'latin1')
  const slots = [0, 1].flatMap((at) => parse(text.slice(at * SLOT_BYTES, (at + 1) * SLOT_BYTES)))
  return slots.sort((a, b) => b.n - a.n)[0] ?? null
}

function parse(text: string): Slot[] {
  const [slot = '', check = ''] = text.trim().split(' ')
  return slot !== '' && sha256(slot) === check ? [JSON.parse(slot) as Slot] : [] // written above
}
