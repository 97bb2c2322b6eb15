import { holdOpenChains } from '../chain/recovery/after-restore.ts'
import { ApprovalStore } from '../chain/records/approval-store.ts'
import { SYSTEM } from '../chain/chain-deps.ts'
import { ChainStore } from '../chain/records/chain-store.ts'
import { ReplacedStore } from '../chain/recovery/replaced-store.ts'
import { doubtMessage, type Findings } from './doubt-words.ts'
import { faultPoint } from '../ports/fault-point.ts'
import type { Ids, Log, SecretPort } from '../ports/ports.ts'
import { newReadToken } from '../receiver/read-access.ts'
import { doubtOf, type CopyMark, type Doubt, type DoubtKind, type Generation } from '../store/generation.ts'
import { placeOf } from '../store/place.ts'
import type { Store } from '../store/store.ts'
import type { Tx } from '../store/writer.ts'
import type { Settings } from '../../../shared/model/settings.ts'

interface Parts {
  secrets: SecretPort
  ids: Ids
  log: Log
}

/**
 * Begins a run on an open store, before anything of it runs. Where the database may be older than what has happened (a backup
 * was restored, the folder or the file is a copy), what could repeat it is held in the same transaction: a crash leaves all of
 * it done, or the database as in doubt as before.
 * @throws TocsinError what the store or the vault throws
 */
export async function beginGeneration(store: Store, { secrets, ids, log }: Parts): Promise<void> {
  if (store.paths === null) return
  const { generations, writer } = store
  const [last, mark, kept] = [generations.last(), generations.copyMark(), await secrets.generations()]
  const place = placeOf(store.paths.auditHead)
  const found = doubtOf(last, mark, kept, place)
  // An audit head that is missing was made anew, as a copied one would be.
  const kind = store.lost !== null && (found === null || found === 'copied') ? 'lost' : found
  const generation: Generation = { id: ids.uuid(), number: (last?.number ?? 0) + 1, follows: kept, place }
  const replaced = ReplacedStore.open(mark?.replaced ?? null)
  try {
    const doubt = await writer.commit('generation', (tx) => {
      const raised = kind === null ? null : raiseDoubt(store, tx, { kind, mark, last, replaced, ids })
      generations.begin(generation)
      return raised
    })
    if (doubt !== null) log.warn('The database may be older than what has happened', { ...doubt })
  } finally {
    replaced?.close()
  }
  await secrets.keepGeneration(generation.id)
  faultPoint('generation:kept')
}

interface InDoubt {
  kind: DoubtKind
  mark: CopyMark | null
  last: Generation | null
  replaced: ReplacedStore | null
  ids: Ids
}

function raiseDoubt(store: Store, tx: Tx, { kind, mark, last, replaced, ids }: InDoubt): Doubt {
  const chains = new ChainStore(store.db)
  const approvals = new ApprovalStore(store.db)
  const sources = replaced?.sources() ?? null
  const findings: Findings = {
    ...holdOpenChains({ chains, approvals, ids }, tx, replaced),
    contained: (replaced?.containedSince(mark?.madeAt ?? 0) ?? [])
      .filter(({ attemptId }) => approvals.attempt(attemptId) === null)
      .map(({ title }) => title),
    revoked: store.sources.takeStricter(tx, sources ?? [], store.revoked.all(), SYSTEM),
    isCompared: sources !== null,
  }
  store.settings.set(tx, { 'response.mode': 'off', ...stricterReading(store, replaced) }, SYSTEM)
  const doubt: Doubt = { kind, at: tx.at, message: doubtMessage(kind, mark, findings, store.lost) }
  store.generations.raise(doubt)
  const { held, unknown, known, elsewhere, contained, ended, revoked } = findings
  tx.act({
    by: SYSTEM,
    kind: `store.${kind}`,
    subjectKind: 'store',
    subjectId: mark?.backup ?? store.paths?.database ?? '',
    before: last === null ? null : { generation: last.id, number: last.number },
    after: {
      ...(mark === null ? {} : { backup: mark.backup, madeAt: mark.madeAt, replaced: mark.replaced }),
      held,
      ended,
      unknown,
      known,
      elsewhere,
      contained,
      revoked,
    },
  })
  const { message } = doubt
  store.problems.add(tx, { code: `store_${kind}`, schema: '', eventId: null, chainId: null, message, details: null })
  return doubt
}

/** Who may read: what was narrowed after this copy was made stays so. */
function stricterReading(store: Store, replaced: ReplacedStore | null): Partial<Settings> {
  const own = store.settings.all()
  const other = replaced?.settings() ?? null
  const [ownHash, otherHash] = [own['read.tokenSha256'], other?.['read.tokenSha256'] ?? null]
  const isOver = ownHash !== '' && (store.revoked.all().has(ownHash) || otherHash === '')
  return {
    // A token is still asked for, and nobody has it.
    ...(isOver ? { 'read.tokenSha256': newReadToken().sha256 } : {}),
    ...(otherHash !== null && otherHash !== '' ? { 'read.tokenSha256': otherHash } : {}),
    ...(other !== null && !other['read.graphql'] && own['read.graphql'] ? { 'read.graphql': false } : {}),
  }
}
