import type { AuditHead } from '../../audit/audit-log.ts'
import { AuditVerification, type AuditCheck } from '../../audit/verify.ts'
import type { Database } from '../database.ts'

/** Verifications that have begun, by run. */
const running = new Map<string, AuditVerification>()

/**
 * The next slice of a verification; the first one fixes the state that is verified.
 * @param arg.head as the writer has it now: of a state that is read later it is the last row or one before
 */
export function auditSlice(
  db: Database,
  { run, publicKey, head }: { run: string; publicKey: string; head: AuditHead },
): AuditCheck {
  const verification =
    running.get(run) ?? new AuditVerification(db, { publicKey, heads: [{ ...head, where: 'by the app' }] })
  running.set(run, verification)
  const check = verification.next()
  if (check.isDone) {
    running.delete(run)
    verification.close()
  }
  return check
}
