import { errorMessage } from '../../../../shared/errors.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { beyondCap, countedKey, ruleById, type Contained } from '../../limits/caps.ts'
import { makersIn, onlyMaker } from '../../policy/made-by.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { ActionRecord, ChainRecord } from '../records/records.ts'
import type { Proposal } from './proposals.ts'
import { entrypointOfChain, type RecordedEvaluation } from './round-evaluation.ts'

const HOUR_MS = 3_600_000

/** What of an action counts. */
export type Counted = Pick<ActionRecord, 'targets' | 'rules'>

type Deps = Pick<ChainDeps, 'approvals' | 'limits' | 'clock'>

/**
 * Which cap an action would go beyond, counted over the intents that are committed. Called in the transaction of an intent,
 * this holds whatever else runs at the same time.
 * @param alongside what goes before it and is not committed yet
 * @returns in words; '' where it is within all
 */
export function capBeyond(
  { approvals, limits, clock }: Deps,
  chainId: string,
  { targets, rules }: Counted,
  alongside: readonly Counted[] = [],
): string {
  if (limits === null || targets.length === 0) return ''
  const contained = approvals.contained({ chainId, rules, since: clock.now() - HOUR_MS })
  return beyondCap(limits.caps(), withMore(contained, alongside), targets)
}

function withMore({ chain, hour, rule }: Contained, alongside: readonly Counted[]): Contained {
  const all = alongside.flatMap(({ targets }) => targets)
  const ofRule = (id: string): string[] =>
    alongside.flatMap(({ rules, targets }) => (rules.includes(id) ? targets : []))
  return {
    chain: [...chain, ...all],
    hour: [...hour, ...all],
    rule: new Map([...rule].map(([id, targets]) => [id, [...targets, ...ofRule(id)]])),
  }
}

interface EvaluatedRun {
  chain: ChainRecord
  run: Pick<RecordedEvaluation, 'input'> | undefined
  nowNs: string
  seed: string
}

/** What one round contains before any of it is committed, and which rules ask for it. */
export class RoundLimits {
  readonly #deps: ChainDeps
  readonly #evaluated: EvaluatedRun
  readonly #unasked: Counted[] = []
  #makers: Promise<((member: JsonValue) => string[]) | null> | null = null

  constructor(deps: ChainDeps, evaluated: EvaluatedRun) {
    this.#deps = deps
    this.#evaluated = evaluated
  }

  /** What counts of a proposal that contains: its targets, and the rules that made it or what stands for them. */
  async counted(targets: readonly string[], { member, uses, id, hasOwnId }: Proposal): Promise<Counted> {
    const makers = await (this.#makers ??= this.#judge())
    const rules = makers?.(member) ?? [ruleById(uses, hasOwnId ? id : '')]
    return { targets: [...new Set(targets.map(countedKey))], rules }
  }

  /**
   * Takes a proposal that would go unasked into account.
   * @returns the cap that it is beyond, in words; '' where it goes
   */
  take(counted: Counted): string {
    const beyond = capBeyond(this.#deps, this.#evaluated.chain.id, counted, this.#unasked)
    if (beyond === '') this.#unasked.push(counted)
    return beyond
  }

  /** As `rules/rule-follower.ts` names them later for all actions. @returns null where no rule can be told */
  async #judge(): Promise<((member: JsonValue) => string[]) | null> {
    const { policy, log } = this.#deps
    const { chain, run, nowNs, seed } = this.#evaluated
    const { policyVersionId: versionId } = chain
    const rules = policy.decidingRules(versionId).find(({ entrypoint }) => entrypoint === entrypointOfChain(chain))
    if (rules === undefined || run === undefined) return null
    const only = onlyMaker(rules)
    if (only !== null) return () => [only]
    const request = { versionId, entrypoint: rules.byRule, input: run.input.slice(), nowNs, seed }
    const given = await policy.evaluate(request)
    if (given.error === null) return makersIn(rules, given.result)
    log.warn('The rules of a round could not be told', { chain: chain.id, reason: errorMessage(given.error) })
    return null
  }
}
