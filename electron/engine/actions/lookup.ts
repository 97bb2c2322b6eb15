import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'

/** How an action serves reports: what it looks up stands for all that ask the same. */
export interface Lookup<Args> {
  /** How long an answer stands for others that ask the same (milliseconds). */
  keepMs: number
  /** What the service allows one key; null where it names no limit. */
  rate: LookupRate | null
  /** What the answer says, in DeepAlert's forms. Pure; what is missing in the answer is missing in what it gives. */
  inspected(args: Args, result: JsonValue): Inspected
}

/** So many calls in so many milliseconds. */
export interface LookupRate {
  calls: number
  perMs: number
}

/** What reports know about actions beside `ActionPort`. */
export interface LookupPort {
  /** @returns null when no action has this name */
  lookup(uses: string): Pick<Lookup<never>, 'keepMs' | 'rate'> | null
  /**
   * What a result says of what was looked up.
   * @throws Error when it is in no known form: says what is wrong
   */
  inspected(uses: string, args: JsonObject, result: JsonValue): Inspected
}
