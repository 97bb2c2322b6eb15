import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import { sha256 } from '../../forms/canonical.ts'
import type { Evaluation, FirstEvaluation, FirstRound } from '../../policy/evaluation.ts'
import { inputBytes } from './policy-input.ts'
import { roundSteps, type RecordedEvaluation, type RoundEvaluation, type RoundRequest } from './round-evaluation.ts'

/** What a first round rests on beside the event and its alert. */
export interface FirstRoundBasis {
  env: Record<string, string>
  mode: ResponseMode
}

/** A first round that was evaluated with its event (`chain/rounds/first-rounds.ts`), before there was a chain. */
export interface FirstRoundAtHand extends FirstRoundBasis {
  round: FirstRound
  /** When it was evaluated: epoch ms. */
  at: number
  /** Which compiled form of the version answered, and by which build. */
  form: number | null
  evaluatorHash: string
}

/** An older one says too little of now: policies know the time. */
const MAX_AGE_MS = 60_000

/** First rounds of chains that have not started. What a crash takes of them is evaluated again. */
export class FirstRoundsAtHand {
  readonly #most: number
  readonly #byChain = new Map<string, FirstRoundAtHand>()

  /** @param most how many are kept: those of as many chains as may be behind */
  constructor(most: number) {
    this.#most = most
  }

  keep(chainId: string, round: FirstRoundAtHand): void {
    this.#byChain.set(chainId, round)
    const [oldest] = this.#byChain.keys()
    if (this.#byChain.size > this.#most && oldest !== undefined) this.#byChain.delete(oldest)
  }

  /** @returns it once, to the chain's first evaluation */
  take(chainId: string): FirstRoundAtHand | null {
    const round = this.#byChain.get(chainId) ?? null
    this.#byChain.delete(chainId)
    return round
  }
}

/**
 * The round as its chain would evaluate it now, of the evaluations that are at hand, where their inputs are the same.
 * @param now epoch ms
 * @returns null where one is another, or long ago: the chain evaluates
 */
export function roundAtHand(
  request: Omit<RoundRequest, 'nowNs' | 'seed'>,
  atHand: FirstRoundAtHand,
  now: number,
): { round: RoundEvaluation; stamp: { nowNs: string; seed: string } } | null {
  const { evaluations, nowNs, seed } = atHand.round
  if (now - atHand.at > MAX_AGE_MS) return null
  const steps = roundSteps<RecordedEvaluation>(request)
  let step = steps.next()
  while (!step.done) {
    const { kind, input: members } = step.value
    const input = inputBytes(members)
    const inputSha256 = sha256(input)
    const first = evaluations.find((one) => one.kind === kind && one.inputSha256 === inputSha256)
    if (!first) return null
    step = steps.next({ kind, input, inputSha256, evaluation: asEvaluation(first, atHand) })
  }
  return { round: step.value, stamp: { nowNs, seed } }
}

/** Its evaluations as their `decision` rows need them. */
export function recordedAtHand(
  atHand: FirstRoundAtHand,
): Pick<RecordedEvaluation, 'kind' | 'inputSha256' | 'evaluation'>[] {
  return atHand.round.evaluations.map((first) => ({ ...first, evaluation: asEvaluation(first, atHand) }))
}

function asEvaluation(first: FirstEvaluation, { form, evaluatorHash }: FirstRoundAtHand): Evaluation {
  const { text, evaluator, prints, error, durationUs } = first
  const result = text === null ? undefined : (JSON.parse(text) as JsonValue) // written by the policy thread
  return { result, text, evaluator, evaluatorHash, form, prints, error, durationUs }
}
