import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readAuditHeadFile } from '../../electron/engine/audit/audit-head-file.ts'
import { AuditVerification } from '../../electron/engine/audit/verify.ts'
import { evaluatorBuild } from '../../electron/engine/policy/evaluator-build.ts'
import { openReplay } from '../../electron/engine/replay/open-replay.ts'
import { replay } from '../../electron/engine/replay/replay-run.ts'
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
  return [...flaws(database, readAuditHeadFile(auditHead)), ...(await differences(dataDir, database))]
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

async function differences(dataDir: string, database: string): Promise<string[]> {
  const folder = join(dataDir, 'vault')
  const ciphers: [ReturnType<typeof openKeyFileCipher>] = [openKeyFileCipher(join(folder, 'vault.key'))]
  const handles = new Handles(await new Vault({ folder, ciphers, clock: systemClock }).handleKey())
  const opened = openReplay(database, { handles, ids: systemIds, log: new FakeLog() })
  try {
    const isOwnBuild = (hash: string): boolean => hash === evaluatorBuild()
    const report = await replay(opened, { since: 0, limit: Number.MAX_SAFE_INTEGER, isOwnBuild })
    return report.differences.map(({ kind, what, detail }) => `${kind}: ${what} differs: ${detail}`)
  } finally {
    await opened.close()
  }
}
