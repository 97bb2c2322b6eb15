import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { TocsinError } from '../../shared/errors.ts'
import { readAuditHeadFile } from '../engine/audit/audit-head-file.ts'
import { auditReport } from '../engine/audit/audit.ts'
import { openAuditKey } from '../engine/audit/audit-key.ts'
import { readExportedHead } from '../engine/audit/exported-head.ts'
import { AuditVerification, type ExpectedEnd } from '../engine/audit/verify.ts'
import { openReader } from '../engine/store/database.ts'
import { dataPaths, type DataPaths } from '../engine/store/data-folder.ts'
import { dataDirOf } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'

/** A person who waits longer is told how far it is. */
const PROGRESS_MS = 2000

/**
 * `tocsin audit verify`: every record made again of its rows and compared with the signed trail; the counts as JSON on
 * stdout, what was found on stderr. Works beside a desk that has the folder open. @returns the exit status: 1 when a record is
 * not as it was written
 */
export async function verifyAudit(given: Given, io: CommandIo): Promise<number> {
  const paths = dataPaths(dataDirOf(given, io.env, io.cwd))
  if (!existsSync(paths.database)) {
    throw new TocsinError('store_missing', `There is no database in ${paths.folder}: name the data folder with --data.`)
  }
  // The heads are read first: whoever writes meanwhile writes rows behind it.
  const heads = headsOf(paths, given, io)
  const db = openReader(paths.database)
  try {
    const verification = new AuditVerification(db, { publicKey: publicKeyOf(paths), heads })
    let check = verification.next()
    for (let toldAt = performance.now(); !check.isDone; check = verification.next()) {
      if (performance.now() - toldAt < PROGRESS_MS) continue
      toldAt = performance.now()
      io.err(`${check.rows.toLocaleString('en-US')} rows, ${check.records.toLocaleString('en-US')} records …\n`)
    }
    verification.close()
    const { message, ...report } = auditReport(check)
    io.err(`${message}\n`)
    io.out(`${JSON.stringify(report, null, 2)}\n`)
    return report.isIntact ? EXIT_DONE : EXIT_FAILED
  } finally {
    db.close()
  }
}

/** The head that every commit leaves beside the database, and the one that the analyst kept. */
function headsOf({ auditHead }: DataPaths, given: Given, { cwd }: CommandIo): ExpectedEnd['heads'] {
  const beside = readAuditHeadFile(auditHead)
  const file = given.head
  return [
    ...(beside === null ? [] : [{ ...beside, where: 'beside it' }]),
    ...(typeof file !== 'string' ? [] : [{ ...readExportedHead(resolve(cwd, file)), where: `in ${file}` }]),
  ]
}

/** @returns null where the key's file is gone: then any key that the trail names will do, and the next start makes a new one */
function publicKeyOf({ auditKey }: DataPaths): string | null {
  return existsSync(auditKey) ? openAuditKey(auditKey).publicKey : null
}
