import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readAuditHeadFile } from '../../electron/engine/audit/audit-head-file.ts'
import { AuditVerification } from '../../electron/engine/audit/verify.ts'
import { evaluatorBuild } from '../../electron/engine/policy/evaluator-build.ts'
import { openReplay } from '../../electron/engine/replay/open-replay.ts'
import { replay, type ReplayReport } from '../../electron/engine/replay/replay-run.ts'
import { Handles } from '../../electron/engine/secrets/handles.ts'
import { openKeyFileCipher } from '../../electron/engine/secrets/key-file-cipher.ts'
import { Vault } from '../../electron/engine/secrets/vault.ts'
import { dataPaths } from '../../electron/engine/store/data-folder.ts'
import { openReader } from '../../electron/engine/store/database.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import { FakeLog } from './ports.ts'

/**
 * What a test's data folder leaves must be provable: every record is what was recorded, every decision made again is the
 * same.
 * @returns what is not, in words; nothing where there is no database
 */
export async function unproven(dataDir: string): Promise<string[]> {
  const { database, auditHead } = dataPaths(dataDir)
  if (!existsSync(database)) return []
  return [...flaws(database, readAuditHeadFile(auditHead)), ...(await differences(dataDir))]
}

function flaws(database: string, head: ReturnType<typeof readAuditHeadFile>): string[] {
  const db = openReader(database)
  const verification = new AuditVerification(db, {
    publicKey: null,
    heads: head === null ? [] : [{ ...head, where: 'beside it' }],
  })
  let check = verification.next()
  while (!check.isDone) check = verification.next()
  verification.close()
  db.close()
  return check.firstBadSeq === null ? [] : [check.finding]
}

async function differences(dataDir: string): Promise<string[]> {
  const report = await replayed(dataDir)
  return report.differences.map(({ kind, what, detail }) => `${kind}: ${what} differs: ${detail}`)
}

/** Makes every decision of a data folder again, as `tocsin replay` does. */
export async function replayed(dataDir: string): Promise<ReplayReport> {
  const folder = join(dataDir, 'vault')
  const ciphers: [ReturnType<typeof openKeyFileCipher>] = [openKeyFileCipher(join(folder, 'vault.key'))]
  const handles = new Handles(await new Vault({ folder, ciphers, clock: systemClock }).handleKey())
  const opened = openReplay(dataPaths(dataDir).database, { handles, ids: systemIds, log: new FakeLog() })
  try {
    const isOwnBuild = (hash: string): boolean => hash === evaluatorBuild()
    return await replay(opened, { since: 0, limit: Number.MAX_SAFE_INTEGER, isOwnBuild })
  } finally {
    await opened.close()
  }
}
