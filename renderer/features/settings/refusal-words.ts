/** Why requests were refused, and what a sender that means well needs. */
const WHY: Readonly<Record<string, string>> = {
  authz_failed: 'The authz policy failed; the log says why',
  browser_not_allowed: 'Sent by a web page or with its headers',
  busy: 'Too many at once; it was told to come again',
  denied: 'Denied by the authz policy',
  encoding_not_supported: 'Body in an encoding other than gzip or deflate',
  headers_too_large: 'Headers over 8 KiB',
  host_not_allowed: 'Sent to another name than this receiver has',
  idempotency_mismatch: 'Idempotency-Key used again for another event',
  malformed_encoding: 'Body is not in the encoding that it names',
  malformed_envelope: 'No Pub/Sub or SNS message',
  malformed_json: 'Body is not one JSON value',
  malformed_request: 'Not HTTP as it is spoken here',
  method_not_allowed: 'Another method than POST',
  not_found: 'No such path',
  policy_unavailable: 'No policy was live',
  schema_invalid: 'Schema is not valid as a name',
  sns_certificate: 'No usable certificate of Amazon SNS',
  sns_confirmation: 'SNS subscription could not be confirmed',
  sns_signature: 'Not signed by Amazon SNS',
  sns_topic: 'SNS topic is not listed',
  timeout: 'Not complete within 15 s',
  too_large: 'Body over the limit',
  too_many_failures: 'Too many wrong tokens',
  unauthorized: 'No token of a source, or a wrong one',
}

/** @returns the reason of a refusal in words; codes that have none here say themselves what they are */
export function refusalWords(code: string): string {
  return WHY[code] ?? code.replaceAll('_', ' ')
}
