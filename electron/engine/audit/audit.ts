import type { SignedHead } from './audit-log.ts'
import type { AuditCheck } from './verify.ts'

/** What the screen says about the trail. */
export interface AuditReport {
  isIntact: boolean
  /** Rows of the trail that were found sound. */
  rows: number
  /** Records that were compared with their rows. */
  records: number
  firstBadSeq: number | null
  message: string
}

/** The audit trail for its readers. */
export interface Audit {
  /** Ed25519, SPKI in DER, base64: what a stand-alone verifier needs. */
  readonly publicKey: string
  /** The last row of the trail, with its signature. */
  head(): SignedHead
  /** Makes every record again and compares it, in slices. */
  verify(): Promise<AuditReport>
}

/**
 * @param head the last row as it is stored
 * @param verifyNext checks the next slice of a run; where it runs is the caller's choice
 */
export function createAudit(
  publicKey: string,
  head: () => SignedHead,
  verifyNext: (run: string) => Promise<AuditCheck>,
): Audit {
  let runs = 0
  return {
    publicKey,
    head,
    async verify() {
      const run = String((runs += 1))
      let check = await verifyNext(run)
      while (!check.isDone) check = await verifyNext(run)
      return auditReport(check)
    },
  }
}

/** A finished check in words. */
export function auditReport({ rows, records, keys, firstBadSeq, finding }: AuditCheck): AuditReport {
  if (firstBadSeq !== null) {
    const message = `What is stored was changed outside Tocsin: ${finding}.`
    return { isIntact: false, rows, records, firstBadSeq, message }
  }
  const signed = keys > 1 ? ` It was signed under ${keys} keys: the key file was lost and made anew.` : ''
  const message = `All ${records} records in ${rows} rows of the trail are as they were written.${signed}`
  return { isIntact: true, rows, records, firstBadSeq, message }
}
