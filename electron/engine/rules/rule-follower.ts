import { errorMessage } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { settledOf } from '../chain/rounds/history.ts'
import type { ChainReads } from '../chain/records/chain-reads.ts'
import { readProposals } from '../chain/rounds/proposals.ts'
import { entrypointOfChain, ruleMembers } from '../chain/rounds/round-evaluation.ts'
import type { ChainRecord } from '../chain/records/records.ts'
import { entrypointOf } from '../intake/judge.ts'
import { makersIn, onlyMaker, wholeRule } from '../policy/made-by.ts'
import type { PolicyService } from '../policy/policy-service.ts'
import type { DecidingRules } from '../policy/toolchain/types.ts'
import { ruleElements } from '../policy/policy-result.ts'
import type { Clock, Log } from '../ports/ports.ts'
import { rebuildInput, type RebuildDeps } from '../replay/rebuild.ts'
import type { RuleSubject, Unnamed } from '../store/rule-store.ts'
import type { Store } from '../store/store.ts'

/** How often it looks whether there is something new. */
const LOOK_MS = 5000
/** Rows of one transaction; what has to be evaluated goes to the policy thread in batches of as many. */
const SLICE = 128

interface FollowerParts {
  store: Pick<Store, 'writer' | 'rules'>
  records: RebuildDeps & { chains: Pick<ChainReads, 'actionsBefore'> }
  policy: Pick<PolicyService, 'evaluate' | 'decidingRules' | 'version'>
  /** More is coming in than can be stored at once: there is no idle time. */
  isUnderLoad: () => boolean
  clock: Clock
  log: Log
}

/** A decision whose rules were evaluated each by itself. */
interface Judged {
  document: JsonValue | undefined
  generation: ChainRecord['generation']
  makers: (member: JsonValue) => string[]
}

/**
 * Names the rule that made each alert and each action, in idle time. Where one rule alone makes what a package decides,
 * that is known from the compiled policy; where several do, each is evaluated by itself on the recorded input, under the
 * recorded time and seed, and those that gave this very element made it. What cannot be told so is of the rule as a whole.
 */
export class RuleFollower {
  readonly #parts: FollowerParts
  #cancel: () => void = () => undefined
  #running: Promise<void> | null = null
  #isStopped = false
  /** Of the version that was looked at last. */
  #known: { versionId: string; rules: DecidingRules[] } | null = null

  constructor(parts: FollowerParts) {
    this.#parts = parts
    this.#arm()
  }

  /** Names all that is stored now, unless there is no idle time. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#follow().finally(() => (this.#running = null))
    return this.#running
  }

  /** Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#running
  }

  #arm(): void {
    this.#cancel = this.#parts.clock.after(LOOK_MS, () => void this.run().then(() => this.#isStopped || this.#arm()))
  }

  async #follow(): Promise<void> {
    try {
      for (const kind of ['alert', 'action'] as const) while (this.#mayGoOn() && (await this.#slice(kind))) continue
    } catch (error) {
      this.#parts.log.warn('The rules of alerts and actions could not be named', { reason: errorMessage(error) })
    }
  }

  #mayGoOn(): boolean {
    return !this.#isStopped && !this.#parts.isUnderLoad()
  }

  /** @returns whether there may be more */
  async #slice(kind: RuleSubject): Promise<boolean> {
    const { rules, writer } = this.#parts.store
    const rows = rules.next(kind, SLICE)
    if (rows.length === 0) return false
    const judged = new Map<string, Promise<Judged>>()
    const named = await Promise.all(
      rows.map(async (row) => ({ seq: row.seq, rules: await this.#makers(kind, row, judged) })),
    )
    await writer.commitAlone('rules', (tx) => rules.name(tx, kind, named))
    return rows.length === SLICE
  }

  async #makers(kind: RuleSubject, row: Unnamed, judged: Map<string, Promise<Judged>>): Promise<string[]> {
    if (row.decisionId === null) return []
    const entrypoint =
      row.subjectKind === '' ? entrypointOf(row.schema) : entrypointOfChain({ subjectKind: row.subjectKind })
    const document = kind === 'alert' ? 'alert' : 'run'
    const rules = this.#rulesOf(row.policyVersionId).find((one) => one.entrypoint === entrypoint)
    const only = rules === undefined ? wholeRule({ entrypoint, document }) : onlyMaker(rules)
    if (only !== null || rules === undefined) return only === null ? [] : [only]
    try {
      const judging = judged.get(row.decisionId) ?? this.#judge(row.decisionId, rules)
      judged.set(row.decisionId, judging)
      const decided = await judging
      const member =
        kind === 'alert'
          ? ruleMembers(decided.document, 'alert')[row.position]
          : proposed(this.#parts.records, row, decided)
      return member === undefined ? [wholeRule(rules)] : decided.makers(member)
    } catch (error) {
      this.#parts.log.debug('The single rule cannot be told', { seq: row.seq, kind, reason: errorMessage(error) })
      return [wholeRule(rules)]
    }
  }

  /** @throws TocsinError `body_deleted`, `result_deleted`; Error when the evaluation failed */
  async #judge(decisionId: string, rules: DecidingRules): Promise<Judged> {
    const { records, policy } = this.#parts
    const decision = records.decisions.get(decisionId)
    const { policyVersionId: versionId, nowNs, seed } = decision
    const { generation } = await policy.version(versionId)
    const input = rebuildInput(records, decision, generation)
    const given = await policy.evaluate({ versionId, entrypoint: rules.byRule, input: input.slice(), nowNs, seed })
    if (given.error !== null) throw new Error(given.error.message)
    const document = decision.output === null ? undefined : (JSON.parse(decision.output) as JsonValue)
    return { document, generation, makers: makersIn(rules, given.result) }
  }

  #rulesOf(versionId: string): DecidingRules[] {
    if (this.#known?.versionId !== versionId)
      this.#known = { versionId, rules: this.#parts.policy.decidingRules(versionId) }
    return this.#known.rules
  }
}

/** The element that an action was proposed by: the actions of a round stand in the order of what it proposed. */
function proposed(
  { chains }: FollowerParts['records'],
  { chainId, roundNo, position }: Unnamed,
  { document, generation }: Judged,
): JsonValue | undefined {
  const settled = settledOf(roundNo === 0 ? [] : chains.actionsBefore(chainId, roundNo))
  const members = ruleMembers(document, 'run')
  const proposals = readProposals(ruleElements(document, 'run'), members, { settled, generation, newId: () => '' })
  return proposals[position]?.member
}
