import { sha256 } from '../../forms/canonical.ts'

/**
 * DeepAlert's id of an alert, which says of what cause it is: alerts of equal detector, rule and key have one id, whatever
 * else they say. `alert:` and the SHA-256 of the three in padded base64, joined by colons (`behaviour/deepalert.md` §3).
 */
export function alertIdOf(detector: string, ruleId: string, alertKey: string): string {
  const encoded = [detector, ruleId, alertKey].map((part) => Buffer.from(part).toString('base64'))
  return `alert:${sha256(encoded.join(':'))}`
}
