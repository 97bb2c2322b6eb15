import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { canonicalHash } from '../../forms/canonical.ts'
import type { CommitSpec, Difference } from '../records/records.ts'

/** What an approval is bound to (`design.md` §5): a change of any of it needs another decision. */
export interface Bound {
  uses: string
  args: JsonValue
  commit: CommitSpec[]
  plan: JsonValue
  /** SHA-256 of the round's input. */
  roundInput: string
  policyVersion: string
}

export function boundRecord(bound: Bound): JsonObject {
  return { ...bound, commit: bound.commit.map((commit) => ({ ...commit })) }
}

/** SHA-256 of the canonical (uses, args, commit, plan, round input, policy version). */
export function boundHash(bound: Bound): string {
  return canonicalHash(boundRecord(bound))
}

/**
 * The state of the world that an approval relies on: what the live policy says now, what the plan would do now, and the
 * versions of the persistent records that the commit would replace. Two equal hashes mean: nothing that matters changed.
 */
export interface World {
  /** The proposal as the live policy makes it now; null when it makes none, a sentence where that cannot be told. */
  proposal: { uses: string; args: JsonValue; commit: CommitSpec[] } | string | null
  /** The plan made now, or the failure that making it met. */
  plan: JsonValue
  versions: { id: string; version: number }[]
}

/** @param args what would run: the policy's arguments, or the analyst's edit */
export function worldHash(world: World, args: JsonObject): string {
  return canonicalHash({ ...world, args })
}

/** What changed between two states of the world, in the words of the card. Empty when nothing did. */
export function differences(before: World, after: World): Difference[] {
  return [
    ...proposalDifferences(before, after),
    ...fieldDifferences('plan', before.plan, after.plan),
    ...versionDifferences(before, after),
  ]
}

function proposalDifferences(before: World, after: World): Difference[] {
  if (
    typeof before.proposal !== 'object' ||
    typeof after.proposal !== 'object' ||
    !before.proposal ||
    !after.proposal
  ) {
    if (before.proposal === after.proposal) return []
    return [
      {
        what: 'policy',
        before: proposalWords(before.proposal, 'does not propose it'),
        after: proposalWords(after.proposal, 'no longer proposes it'),
      },
    ]
  }
  return [
    ...fieldDifferences('uses', before.proposal.uses, after.proposal.uses),
    ...fieldDifferences('args', before.proposal.args, after.proposal.args),
    ...fieldDifferences('commit', commitValues(before.proposal.commit), commitValues(after.proposal.commit)),
  ]
}

function proposalWords(proposal: World['proposal'], none: string): string {
  if (typeof proposal === 'string') return proposal
  return proposal === null ? none : 'proposes it'
}

/** Ids of commits without one are made anew by every evaluation; they say nothing. */
export function commitValues(commits: readonly CommitSpec[]): JsonValue {
  return commits.map((commit) => ({ ...commit }))
}

function versionDifferences(before: World, after: World): Difference[] {
  return before.versions.flatMap(({ id, version }) => {
    const now = after.versions.find((entry) => entry.id === id)?.version ?? 0
    return now === version
      ? []
      : [{ what: `persistent attribute ${id}`, before: `version ${version}`, after: `version ${now}` }]
  })
}

function fieldDifferences(what: string, before: JsonValue, after: JsonValue): Difference[] {
  if (canonicalHash(before) === canonicalHash(after)) return []
  if (!isObject(before) || !isObject(after)) return [{ what, before: shown(before), after: shown(after) }]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return keys.flatMap((key) => fieldDifferences(`${what}.${key}`, before[key] ?? null, after[key] ?? null))
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
