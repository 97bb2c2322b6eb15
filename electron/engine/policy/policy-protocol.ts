import type { MessagePort } from 'node:worker_threads'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { EvaluateRequest, Evaluation, FirstRoundsRequest } from './evaluation.ts'
import { evaluatorBuild } from './evaluator-build.ts'
import type { CheckRequest, EvaluatorKind } from './toolchain/types.ts'

/** A policy version as a policy thread holds it. */
export interface ThreadVersion {
  id: string
  /** Its compiled form in the store; null where it has no row. */
  form: number | null
  /** All entrypoints by path. */
  entrypoints: Record<string, EvaluatorKind>
  /** The compiled policy of those marked `wasm`. */
  module: WebAssembly.Module | null
  /** JSON text of the data document. */
  data: string
  /** What those marked `full` need, and compiled ones on a rare value; null until it is wanted. */
  full: { toolchain: WebAssembly.Module; sources: CheckRequest } | null
}

/** One evaluation without its input. */
export interface AskedItem {
  item: number
  versionId: string
  entrypoint: string
  nowNs: string
  seed: string
  deadlineMs: number
  wantsForms: boolean
  firstRounds: FirstRoundsRequest | null
  /** The compiled policy has left it to the full evaluator already. */
  isLeft: boolean
}

/** One evaluation of a batch; its input lies at `offset` of the batch's bytes. */
export interface BatchItem extends AskedItem {
  offset: number
  length: number
}

export type ToThread =
  | { kind: 'load'; version: ThreadVersion }
  | { kind: 'unload'; id: string }
  | { kind: 'evaluate'; items: BatchItem[]; bytes: ArrayBuffer }

/** What came of one item. The result travels as text: that is cheaper than its copy, and the decision keeps it so. */
export type Answered = Pick<
  Evaluation,
  'text' | 'evaluator' | 'prints' | 'error' | 'durationUs' | 'forms' | 'stored' | 'firstRounds'
>

export interface ThreadAnswer extends Answered {
  item: number
}

export type FromThread = ThreadAnswer[]

/** @param form which compiled form of the version answered; null where it has no row */
export function toEvaluation(answer: Answered, form: number | null): Evaluation {
  const result = answer.text === null ? undefined : (JSON.parse(answer.text) as JsonValue) // written by the evaluator
  return { ...answer, result, form, evaluatorHash: evaluatorBuild() }
}

/** What a policy thread is started with. */
export interface ThreadStart {
  /** `PROGRESS_*` */
  progress: SharedArrayBuffer
  /** Where `http.send` is asked; the answer is announced by `signal`. Null: there is no `http.send`. */
  http: { port: MessagePort; signal: SharedArrayBuffer } | null
}

/** The item that is being evaluated, 0 while none is. */
export const PROGRESS_ITEM = 0
/** When it began: milliseconds of the machine's monotonic clock, modulo 2^31. */
export const PROGRESS_START = 1
/** 1 while the first rounds of the item's alerts are evaluated. */
export const PROGRESS_FIRST_ROUNDS = 2
export const PROGRESS_BYTES = 12

export const HTTP_SIGNAL_BYTES = 4

export type HttpAnswer = { response: JsonValue } | { error: string }

/** Milliseconds as both sides of a thread's progress count them; fits an Int32. */
export function monotonicMs(): number {
  return Number((process.hrtime.bigint() / 1_000_000n) & 0x7fff_ffffn)
}

/** An evaluation to be sent. */
interface Sent {
  item: number
  request: EvaluateRequest
  deadlineMs: number
  isLeft: boolean
}

export function askedItem({ item, request, deadlineMs, isLeft }: Sent): AskedItem {
  const { versionId, entrypoint, nowNs, seed, wantsForms = false, firstRounds = null } = request
  return { item, versionId, entrypoint, nowNs, seed, deadlineMs, wantsForms, firstRounds, isLeft }
}

/** Lays the inputs of several requests into one buffer, which is transferred instead of copied once each. */
export function pack(requests: Sent[]): ToThread & { kind: 'evaluate' } {
  const size = requests.reduce((sum, { request }) => sum + request.input.length, 0)
  const bytes = new Uint8Array(size)
  let offset = 0
  const items = requests.map((sent) => {
    const { input } = sent.request
    bytes.set(input, offset)
    const packed = { ...askedItem(sent), offset, length: input.length }
    offset += input.length
    return packed
  })
  return { kind: 'evaluate', items, bytes: bytes.buffer }
}
