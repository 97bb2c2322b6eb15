import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import { readAttribute, tidy } from '../../policy/attributes.ts'
import { sha256, type CanonicalMembers } from '../../forms/canonical.ts'
import { derivedIds } from '../../forms/derived-id.ts'
import type { Evaluation } from '../../policy/evaluation.ts'
import { ruleElements, type ResultObject } from '../../policy/policy-result.ts'
import { initInput, inputBytes, runInput, type InputParts } from './policy-input.ts'
import type { ChainRecord } from '../records/records.ts'
import { readProposals, type Proposal, type Settled } from './proposals.ts'

/** The package of the action policy. */
export const ACTION_ENTRYPOINT = 'action'
/** The package that carries out what states of reports ask for. */
export const EMIT_ENTRYPOINT = 'emit'

/** The package that decides a chain. */
export function entrypointOfChain({ subjectKind }: Pick<ChainRecord, 'subjectKind'>): string {
  return subjectKind === 'alert' ? ACTION_ENTRYPOINT : EMIT_ENTRYPOINT
}

/** What one evaluation of the action policy needs from outside. */
export interface RoundPolicy {
  evaluate(request: {
    versionId: string
    entrypoint: string
    input: Uint8Array
    nowNs: string
    seed: string
  }): Promise<Evaluation>
}

export interface RoundRequest {
  versionId: string
  /** `entrypointOfChain` */
  entrypoint: string
  parts: InputParts
  settled: Settled
  nowNs: string
  seed: string
  /** What the chain is about: ids of the round are made of it. */
  subjectId: string
}

/** One evaluation as it is recorded: the input's hash and what came out. */
export interface RecordedEvaluation {
  kind: 'init' | 'run' | 'exit'
  input: Uint8Array
  inputSha256: string
  evaluation: Evaluation
}

export interface RoundEvaluation<Answer = RecordedEvaluation> {
  evaluations: Answer[]
  /** The chain's attributes after `init`. */
  attrs: Attribute[]
  init: JsonValue
  /** What `init` gave, each with its id. */
  initAttrs: Attribute[]
  isInitAborted: boolean
  proposals: Proposal[]
  failure: Failure | null
}

/** What a round is told: `result` is undefined where the document is, or when there is an `error`. */
export interface RoundAnswer {
  evaluation: Pick<Evaluation, 'result' | 'error'>
}

/** An evaluation that a round asks for. */
export interface RoundQuestion {
  kind: 'init' | 'run'
  input: CanonicalMembers
}

/**
 * Evaluates one round: `init` first where the policy has that loop, then `run`.
 * @returns the proposals, or the failure that ends the chain; never throws for what a policy does
 */
export async function evaluateRound(policy: RoundPolicy, request: RoundRequest): Promise<RoundEvaluation> {
  const steps = roundSteps<RecordedEvaluation>(request)
  let step = steps.next()
  while (!step.done) {
    const { kind, input } = step.value
    try {
      step = steps.next(await evaluateRecorded(policy, request, kind, input))
    } catch (error) {
      step = steps.throw(error)
    }
  }
  return step.value
}

/**
 * One round, whoever evaluates: asks for one evaluation after the other and is told what came of each. What an evaluation
 * throws (`steps.throw`) is the round's failure.
 */
export function* roundSteps<Answer extends RoundAnswer>(
  request: Omit<RoundRequest, 'versionId' | 'entrypoint' | 'nowNs' | 'seed'>,
): Generator<RoundQuestion, RoundEvaluation<Answer>, Answer> {
  const round: RoundEvaluation<Answer> = {
    evaluations: [],
    attrs: [...request.parts.attrs],
    init: null,
    initAttrs: [],
    isInitAborted: false,
    proposals: [],
    failure: null,
  }
  try {
    if (request.parts.generation === 'exit') {
      const document = noted(round, yield { kind: 'init', input: initInput(request.parts) })
      const place = { subjectId: request.subjectId, seq: request.parts.seq }
      Object.assign(round, afterInit(document, round.attrs, place))
    }
    if (round.failure === null && !round.isInitAborted) {
      const input = runInput({ ...request.parts, attrs: round.attrs })
      round.proposals = proposalsOf(request, noted(round, yield { kind: 'run', input }))
    }
  } catch (error) {
    round.failure = { code: errorCode(error), message: errorMessage(error) }
  }
  return round
}

/** @returns what the evaluation gave, where it gave anything */
function noted<Answer extends RoundAnswer>(round: RoundEvaluation<Answer>, answer: Answer): JsonValue | undefined {
  round.evaluations.push(answer)
  round.failure = failureOf(answer.evaluation)
  return round.failure === null ? answer.evaluation.result : undefined
}

function proposalsOf(
  { settled, subjectId, parts }: Omit<RoundRequest, 'versionId' | 'entrypoint' | 'nowNs' | 'seed'>,
  document: JsonValue | undefined,
): Proposal[] {
  return readProposals(ruleElements(document, 'run'), ruleMembers(document, 'run'), {
    settled,
    generation: parts.generation,
    newId: derivedIds('action', subjectId, parts.seq),
  })
}

/**
 * What `init` adds to a round: its attributes, each with an id, and those of the chain with them.
 * @param document what `init` gave
 * @param before the chain's attributes
 */
export function afterInit(
  document: JsonValue | undefined,
  before: readonly Attribute[],
  { subjectId, seq }: { subjectId: string; seq: number },
): Pick<RoundEvaluation, 'init' | 'initAttrs' | 'attrs' | 'isInitAborted'> {
  const elements = ruleElements(document, 'init')
  const newId = derivedIds('init', subjectId, seq)
  const initAttrs = elements
    .flatMap((element) => element.objects('attrs').map(readAttribute))
    .map((attribute) => ({ ...attribute, id: attribute.id || newId(attribute.key) }))
  return {
    init: ruleMembers(document, 'init'),
    initAttrs,
    attrs: tidy([...before, ...initAttrs], newId),
    isInitAborted: elements.some((element) => element.flag('abort')),
  }
}

/** One evaluation of the action policy with its input's hash. */
export async function evaluateRecorded(
  policy: RoundPolicy,
  request: Pick<RoundRequest, 'versionId' | 'entrypoint' | 'nowNs' | 'seed'>,
  kind: RecordedEvaluation['kind'],
  input: CanonicalMembers,
): Promise<RecordedEvaluation> {
  const bytes = inputBytes(input)
  // The bytes may be transferred to the policy thread, so the hash comes first and the copy stays here.
  const inputSha256 = sha256(bytes)
  const evaluation = await policy.evaluate({
    versionId: request.versionId,
    entrypoint: request.entrypoint,
    input: bytes.slice(),
    nowNs: request.nowNs,
    seed: request.seed,
  })
  return { kind, input: bytes, inputSha256, evaluation }
}

/** An evaluation's error as the chain's, with its place in the policy. */
export function failureOf(evaluation: Pick<Evaluation, 'error'>): Failure | null {
  if (evaluation.error === null) return null
  const { code, message, file, row } = evaluation.error
  return { code, message: file === undefined ? message : `${file}:${row ?? 1}: ${message}` }
}

/** The elements of a rule as plain JSON, beside `ruleElements`. */
export function ruleMembers(document: JsonValue | undefined, rule: string): JsonValue[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return []
  const members = document[rule]
  return Array.isArray(members) ? members : []
}

/** `exit` elements: attributes to keep, and whether the chain ends after this round. */
export function readExit(document: JsonValue | undefined): { attrs: Attribute[]; isAborted: boolean } {
  const elements: ResultObject[] = ruleElements(document, 'exit')
  return {
    attrs: elements.flatMap((element) => element.objects('attrs').map(readAttribute)),
    isAborted: elements.some((element) => element.flag('abort')),
  }
}
