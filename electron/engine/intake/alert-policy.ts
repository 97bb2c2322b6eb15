import { TocsinError } from '../../../shared/errors.ts'
import type { Attribute, Reference } from '../../../shared/model/alert.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { severity as severities, type Severity } from '../../../shared/model/states.ts'
import { readAttribute, tidy } from '../policy/attributes.ts'
import { canonicalHash, canonicalJson } from '../forms/canonical.ts'
import type { NewId } from '../forms/derived-id.ts'
import { ruleElements, type ResultObject } from '../policy/policy-result.ts'

/** One alert as the policy described it, before it has an id. */
export interface AlertDraft {
  title: string
  description: string
  source: string
  namespace: string
  severity: Severity
  attrs: Attribute[]
  refs: Reference[]
  tags: string[]
  dedupKey: string
  detector: string
  ruleId: string
  alertKey: string
}

/** A batch of records makes an alert of each; more than this is a rule that went wild, and would fill the inbox. */
const MAX_ALERTS = 1_000

/**
 * What an alert policy says, as alerts in its order (sets come in OPA's canonical order). AlertChain's fields are read by
 * Go's rules, so a wrong type is an error; `severity`, `tags` and `dedup` are ours, AlertChain ignores them, and a value
 * that we cannot use falls back to the default rather than losing the alert.
 * @param document what `alert/<schema>` evaluated to
 * @param schema part of the key of alerts whose policy gives none
 * @param idsOf makes the ids of attributes that have none, for the alert at a position
 * @throws TocsinError `policy_result`
 */
export function alertsOf(
  document: JsonValue | undefined,
  schema: string,
  idsOf: (position: number) => NewId,
): AlertDraft[] {
  const elements = ruleElements(document, 'alert')
  if (elements.length > MAX_ALERTS) {
    throw new TocsinError(
      'policy_result',
      `The policy made ${elements.length} alerts of one event, at most ${MAX_ALERTS} are taken: change the rule and re-process`,
    )
  }
  return elements.map((element, position) => toDraft(element, schema, idsOf(position)))
}

function toDraft(element: ResultObject, schema: string, newId: NewId): AlertDraft {
  const title = element.text('title')
  const source = element.text('source')
  const attrs = tidy(element.objects('attrs').map(readAttribute), newId)
  return {
    title,
    description: element.text('description'),
    source,
    namespace: element.text('namespace'),
    severity: toSeverity(element.any('severity')),
    attrs,
    refs: element.objects('refs').map((ref) => ({ title: ref.text('title'), url: ref.text('url') })),
    tags: toTags(element.any('tags')),
    dedupKey: toDedupKey(element.any('dedup'), schema, title, attrs),
    detector: toWord(element.any('detector')),
    ruleId: toWord(element.any('rule_id')),
    alertKey: toWord(element.any('alert_key')),
  }
}

function toSeverity(value: JsonValue): Severity {
  const word = typeof value === 'string' ? severities.safeParse(value.toLowerCase()) : null
  return word?.success ? word.data : 'info'
}

function toTags(value: JsonValue): string[] {
  if (!Array.isArray(value)) return []
  return [...new Set(value.filter((tag) => typeof tag === 'string'))]
}

/** Ours as `severity` is: what is no text says nothing. */
function toWord(value: JsonValue): string {
  return typeof value === 'string' ? value : ''
}

/** Longer keys of policies are hashed: an index holds every one. */
const MAX_KEY = 200

/**
 * The policy's own key, else schema, title and all attributes: alerts of one key are one row of the inbox (`docs/POLICIES.md`).
 * An attribute without which two alerts are the same for the analyst (a time, a number) is the policy's to leave out.
 */
function toDedupKey(dedup: JsonValue, schema: string, title: string, attrs: readonly Attribute[]): string {
  if (dedup === null || dedup === '') return canonicalHash([schema, title, attributeSet(attrs)])
  const key = typeof dedup === 'string' ? dedup : canonicalJson(dedup)
  return key.length <= MAX_KEY ? key : canonicalHash(key)
}

/** In whatever order the policy gave them; ids and lifetimes say nothing of what they are. */
function attributeSet(attrs: readonly Attribute[]): string[] {
  return attrs.map(({ key, value, type }) => canonicalJson([key, value, type])).toSorted()
}
