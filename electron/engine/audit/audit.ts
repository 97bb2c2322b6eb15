import { CHECK_START, type AuditCheck } from './verify.ts'

/** What the screen says about the trail. */
export interface AuditReport {
  isIntact: boolean
  /** Rows that were found sound. */
  rows: number
  firstBadSeq: number | null
  message: string
}

/** The audit trail for its readers. */
export interface Audit {
  /** Ed25519, SPKI in DER, base64: what a stand-alone verifier needs. */
  readonly publicKey: string
  /** Checks every row, in slices. */
  verify(): Promise<AuditReport>
}

/** @param verifyNext checks the next slice; where it runs is the caller's choice */
export function createAudit(publicKey: string, verifyNext: (check: AuditCheck) => Promise<AuditCheck>): Audit {
  return {
    publicKey,
    async verify() {
      let check = CHECK_START
      while (!check.isDone) check = await verifyNext(check)
      return report(check)
    },
  }
}

function report(check: AuditCheck): AuditReport {
  const { firstBadSeq } = check
  if (firstBadSeq !== null) {
    const message = `The audit trail was changed outside Tocsin: ${check.finding}.`
    return { isIntact: false, rows: firstBadSeq - 1, firstBadSeq, message }
  }
  const keys = check.keys > 1 ? ` It was signed under ${check.keys} keys: the key file was lost and made anew.` : ''
  return {
    isIntact: true,
    rows: check.seq,
    firstBadSeq,
    message: `All ${check.seq} rows are as they were written.${keys}`,
  }
}
