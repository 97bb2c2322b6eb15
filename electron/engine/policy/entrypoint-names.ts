/** What the tool chain puts before an entrypoint whose rules are to be evaluated each by itself (`go/rules.go`). */
const RULES = 'tocsin:rules/'

/** The entrypoint whose input an evaluation has: `tocsin:rules/alert/aws` sees what `alert/aws` sees. */
export function seenAs(entrypoint: string): string {
  return entrypoint.startsWith(RULES) ? entrypoint.slice(RULES.length) : entrypoint
}

/** Whether the document is of rules each by itself: lists by rule instead of a package's document. */
export function isByRule(entrypoint: string): boolean {
  return entrypoint.startsWith(RULES)
}

/** Whether an evaluation's input is an event, as it came from outside. */
export function isOfEvent(entrypoint: string): boolean {
  return seenAs(entrypoint).startsWith('alert/')
}
