const DOUBLE = 'a result is JSON with doubles, as AlertChain has it'
const INPUT = 'asks for an undefined input, which no event has'
const CLASH = 'a rule at a place that data fills is refused when it is saved, not when it is asked'

/** Cases whose answer is not OPA's, without their generation, and why. */
const REMAINDER: Record<string, string> = {
  "bitsshiftleft: bitsshiftleft/shift of max int64 doesn't overflow and is not lossy": DOUBLE,
  'time: time/parse_nanos': DOUBLE,
  'time: time/parse_rfc3339_nanos': DOUBLE,
  'uuid: uuid-parse/positive-v2': DOUBLE,
  'uuid: uuid-parse/positive-v2-urn': DOUBLE,
  'every: every/domain undefined (input)': INPUT,
  'inputvalues: inputvalues/loopback undefined': INPUT,
  'virtualdocs: virtualdocs/undefined: in array coprehension body': INPUT,
  'virtualdocs: virtualdocs/undefined: in array literal': INPUT,
  'virtualdocs: virtualdocs/undefined: in set coprehension body': INPUT,
  'virtualdocs: virtualdocs/undefined: in set literal': INPUT,
  'withkeyword: withkeyword/builtin-value: arity-1, input must still be defined': INPUT,
  'baseandvirtualdocs: baseandvirtualdocs/base/virtual: conflicts': CLASH,
}

/** Why a case of this note is not exact; undefined: it has to be. */
export function remainderReason(note: string): string | undefined {
  return REMAINDER[note.replace(/^v[01]\//, '')]
}
