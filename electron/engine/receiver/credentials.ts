import { canonicalHash } from '../forms/canonical.ts'

/**
 * Headers that say how a request was sent, by what and on which way, which request of its sender it was, and what a service
 * says about the event (CloudEvents, Event Grid, GitHub, GitLab, Slack, SNS, Standard Webhooks). Of all others only a hash is
 * kept: a credential may have any name.
 */
const HARMLESS_HEADERS = words(`
  accept accept-charset accept-encoding accept-language connection content-encoding content-language content-length
  content-type date expect host idempotency-key keep-alive transfer-encoding user-agent
  cf-connecting-ip cf-ipcountry cf-ray cf-visitor forwarded via x-forwarded-for x-forwarded-host x-forwarded-port
  x-forwarded-proto x-real-ip
  request-id traceparent tracestate x-correlation-id x-request-id
  aeg-data-version aeg-delivery-count aeg-event-type aeg-metadata-version aeg-subscription-name
  ce-datacontenttype ce-dataschema ce-id ce-source ce-specversion ce-subject ce-time ce-type
  webhook-id webhook-timestamp x-amz-sns-message-id x-amz-sns-message-type x-amz-sns-subscription-arn x-amz-sns-topic-arn
  x-github-delivery x-github-event x-github-hook-id x-gitlab-event x-gitlab-event-uuid x-slack-request-timestamp`)

/**
 * Query parameters and attributes of a message that sort events; the attributes that Google's services give their
 * messages; what an envelope says about its event (`pubsub.ts`, `sns.ts`).
 */
const HARMLESS_NAMES = words(`
  env environment event format host hostname page raw region service severity site source team type version zone
  bucketid eventtime eventtype notificationconfig objectgeneration objectid payloadformat
  pubsub.message_id pubsub.publish_time pubsub.subscription sns.messageid sns.subject sns.timestamp sns.topicarn`)

const ATTRIBUTE = /^(?:pubsub\.attributes|sns\.messageattributes)\./

export interface WithoutCredentials {
  /** Lower-case names; repeated headers are joined by ", ". */
  headers: Record<string, string>
  query: Record<string, string>
  /** SHA-256 over what was taken out; null when nothing was. */
  credentialsHash: string | null
}

/**
 * Splits what is stored with an event from what may open something.
 * @param isSecret whether a text has the value of a known secret in it: a shared key may come under any name
 */
export function withoutCredentials(
  rawHeaders: readonly string[],
  query: Iterable<[string, string]>,
  isSecret: (text: string) => boolean,
): WithoutCredentials {
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index]?.toLowerCase() ?? '', rawHeaders[index + 1] ?? ''])
  }
  const parameters = [...query]
  const harmlessHeaders = headers.filter(([name]) => HARMLESS_HEADERS.has(name))
  const harmlessParameters = parameters.filter(([name]) => isHarmlessName(name))
  // Mostly there is none: one look at all of them is enough then.
  const hasSecret = isSecret([...harmlessHeaders, ...harmlessParameters].flat().join('\n'))
  const isKept = ([, value]: [string, string]): boolean => !hasSecret || !isSecret(value)
  const kept = new Set([...harmlessHeaders, ...harmlessParameters].filter(isKept))
  const taken = [...headers, ...parameters].filter((pair) => !kept.has(pair))
  return {
    headers: joined(headers.filter((pair) => kept.has(pair))),
    query: joined(parameters.filter((pair) => kept.has(pair))),
    credentialsHash: taken.length === 0 ? null : canonicalHash(taken),
  }
}

function isHarmlessName(name: string): boolean {
  return HARMLESS_NAMES.has(name.toLowerCase().replace(ATTRIBUTE, ''))
}

function joined(pairs: readonly [string, string][]): Record<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of pairs) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return Object.fromEntries(values)
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
