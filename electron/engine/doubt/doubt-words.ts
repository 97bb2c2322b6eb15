import type { AfterRestore } from '../chain/recovery/after-restore.ts'
import type { CopyMark, DoubtKind } from '../store/generation.ts'

/** More titles than this make no sentence. */
const MAX_LISTED = 10

export interface Findings extends AfterRestore {
  /** Sources whose token ended by this start. */
  revoked: string[]
  /** In force by the replaced database, and not known to this one. */
  contained: string[]
  /** Whether there was another database to compare with. */
  isCompared: boolean
}

/**
 * What the screen says after a start in doubt: why, what was done about it, and what the analyst must look at.
 * @param mark of a restored backup
 * @param lost what is missing of the last records
 */
export function doubtMessage(kind: DoubtKind, mark: CopyMark | null, findings: Findings, lost: string | null): string {
  const { held, unknown, known, elsewhere, contained, revoked, isCompared } = findings
  return [
    why(kind, mark),
    mark === null ? (lost ?? '') : '',
    `The response mode is Off and ${held === 1 ? '1 open chain is' : `${held} open chains are`} held.`,
    list('May have been carried out meanwhile, say what became of them', unknown),
    list('Carried out meanwhile, by the replaced database', known),
    list('Carried out in rounds that this database does not have', elsewhere),
    list('In force, and not in the list of active containments', contained),
    list('Tokens that were revoked meanwhile and are again', revoked),
    isCompared
      ? ''
      : 'What happened meanwhile is not known here: a held chain that you run may do again what was done, and tokens that were made meanwhile are not valid.',
    'Look at Waiting for you, Sources and Settings, then choose a response mode.',
  ]
    .filter(Boolean)
    .join(' ')
}

function why(kind: DoubtKind, mark: CopyMark | null): string {
  switch (kind) {
    case 'restored':
      return `A backup of ${new Date(mark?.madeAt ?? 0).toISOString()} was restored (${mark?.backup ?? ''}): what happened after it is not in this database${mark?.replaced ? `, but in ${mark.replaced}` : ''}.`
    case 'copied':
      return 'This data folder was copied or moved, or is opened on another machine: the original may have gone on.'
    case 'replaced':
      return 'The database is not the one that ran here last: it or the vault was put back from a copy.'
    case 'lost':
      return 'The last records of the database are missing.'
  }
}

function list(what: string, titles: readonly string[]): string {
  if (titles.length === 0) return ''
  const more = titles.length > MAX_LISTED ? ` and ${titles.length - MAX_LISTED} more` : ''
  return `${what}: ${titles.slice(0, MAX_LISTED).join('; ')}${more}.`
}
