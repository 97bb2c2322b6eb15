import { MessageChannel, type Worker } from 'node:worker_threads'
import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Log } from '../ports/ports.ts'
import {
  DEFAULT_DEADLINE_MS,
  failedEvaluation,
  timedOut,
  type EvaluateRequest,
  type Evaluation,
  type EvaluationError,
} from './evaluation.ts'
import {
  HTTP_SIGNAL_BYTES,
  monotonicMs,
  pack,
  PROGRESS_BYTES,
  PROGRESS_FIRST_ROUNDS,
  PROGRESS_ITEM,
  PROGRESS_START,
  toEvaluation,
  type FromThread,
  type HttpAnswer,
  type ThreadStart,
  type ThreadVersion,
  type ToThread,
} from './policy-protocol.ts'
import { startWasmThread } from './wasm-thread.ts'

/** How often the watchdog looks, while anything is running. */
const WATCH_MS = 25
/** An evaluation is slow after this, a twentieth of its deadline: compiled policies take microseconds, the full evaluator milliseconds. */
const SLOW_AFTER_MS = 250
/** The full evaluator is Go: 50,000 nested brackets need this stack. */
const STACK_MB = 64
/** JavaScript's own heap of a thread; compiled policies have memories of their own. */
const HEAP_MB = 512
/** Of which new objects: with 3 MB an event of 20 kB takes a tenth more CPU, and V8's own 48 MB would all be used. */
const YOUNG_MB = 8
/** A version whose first rounds were too slow for a batch is not asked for them for so long: its chains evaluate. */
const FIRST_ROUNDS_REST_MS = 60_000
/** A thread that dies so often without having evaluated anything will not come up at all. */
const MAX_IDLE_DEATHS = 3

interface Pending {
  item: number
  request: EvaluateRequest
  /** As it was when the request came. */
  version: ThreadVersion | undefined
  deadlineMs: number
  isLeft: boolean
  resolve(evaluation: Evaluation): void
}

/** What a lane was asked and has not answered, to be asked of another. */
export type Unanswered = Pick<Pending, 'request' | 'isLeft' | 'resolve'>

/** @returns OPA's response object; throws when the request fails */
export type AnswerHttpSend = (request: JsonValue) => Promise<JsonValue>

/**
 * One policy thread and what was asked of it. Requests of one turn of the event loop travel as one batch. A thread that
 * hangs or dies is replaced: the item it was at gets an error, all others are sent again. Before that, an evaluation that
 * is slow can be handed on with all of its entrypoint, so that the others need not wait for it.
 */
export class PolicyLane {
  readonly #log: Log
  readonly #versions: ReadonlyMap<string, ThreadVersion>
  readonly #answerHttp: AnswerHttpSend | undefined
  readonly #isSlow: boolean
  readonly #onSlow: ((unanswered: Unanswered[]) => void) | undefined
  readonly #pending = new Map<number, Pending>()
  #unsent: Pending[] = []
  /** In a lane of slow entrypoints: how long each has kept the thread, and since when the one that has it does. */
  readonly #spentMs = new Map<string, number>()
  #sentAt = 0
  /** Versions whose first rounds are left to their chains, until when (of `performance.now()`). */
  readonly #restingFirstRounds = new Map<string, number>()
  #worker: Worker | undefined
  #progress = new Int32Array(new SharedArrayBuffer(PROGRESS_BYTES))
  #watchdog: NodeJS.Timeout | undefined
  #lastItem = 0
  #idleDeaths = 0
  #isClosed = false

  /**
   * @param versions what a new thread is given; owned by the pool
   * @param options.answerHttp answers `http.send`; without it there is none
   * @param options.onSlow takes over what waits for an entrypoint whose evaluation is slow; without it the lane keeps it
   * @param options.isSlow whether this is where slow entrypoints are taken over
   */
  constructor(
    versions: ReadonlyMap<string, ThreadVersion>,
    log: Log,
    options: { answerHttp?: AnswerHttpSend; onSlow?: (unanswered: Unanswered[]) => void; isSlow?: boolean } = {},
  ) {
    this.#versions = versions
    this.#log = log
    this.#answerHttp = options.answerHttp
    this.#onSlow = options.onSlow
    this.#isSlow = options.isSlow ?? false
  }

  /** Whether nothing waits for an answer. */
  get isIdle(): boolean {
    return this.#pending.size === 0
  }

  /** Starts the thread ahead of the first request. */
  warm(): void {
    this.#worker ??= this.#start()
  }

  load(version: ThreadVersion): void {
    this.#worker?.postMessage(loadMessage(version))
  }

  unload(id: string): void {
    this.#worker?.postMessage({ kind: 'unload', id } satisfies ToThread)
  }

  /** @param isLeft the compiled policy answered that the full evaluator has to */
  evaluate(request: EvaluateRequest, isLeft = false): Promise<Evaluation> {
    const { promise, resolve } = Promise.withResolvers<Evaluation>()
    this.adopt({ request, isLeft, resolve })
    return promise
  }

  /** Answers what another lane was asked. */
  adopt({ request, isLeft, resolve }: Unanswered): void {
    this.#lastItem = (this.#lastItem % 0x7fff_ffff) + 1
    const deadlineMs = request.deadlineMs ?? DEFAULT_DEADLINE_MS
    const version = this.#versions.get(request.versionId)
    const asked = this.#makesFirstRounds(request) ? request : withoutFirstRounds(request)
    const pending = { item: this.#lastItem, request: asked, version, deadlineMs, isLeft, resolve }
    this.#pending.set(pending.item, pending)
    if (this.#unsent.length === 0) setImmediate(() => this.#send())
    this.#unsent.push(pending)
  }

  /** Only where evaluations are handed on when they are slow, and of versions that are not. */
  #makesFirstRounds({ versionId }: EvaluateRequest): boolean {
    const until = this.#restingFirstRounds.get(versionId) ?? 0
    return this.#onSlow !== undefined && performance.now() >= until
  }

  /** Ends the thread; what is still running gets the error `policy_stopped`. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#failAll({ code: 'policy_stopped', message: 'The engine is stopping.' })
    await this.#worker?.terminate()
  }

  #send(): void {
    const batch = this.#isSlow ? this.#nextOfSlow() : this.#unsent.splice(0)
    if (batch.length === 0 || this.#isClosed) return
    this.#worker ??= this.#start()
    const message = pack(batch)
    this.#worker.postMessage(message, [message.bytes])
    this.#worker.ref() // until all is answered
    this.#watchdog ??= setInterval(() => this.#watch(), WATCH_MS).unref()
  }

  /** One at a time: that of the entrypoint that has kept the thread for the shortest time, so that none holds up another for long. */
  #nextOfSlow(): Pending[] {
    if (this.#pending.size > this.#unsent.length) return []
    const spent = ({ request }: Pending): number => this.#spentMs.get(request.entrypoint) ?? 0
    const next = this.#unsent.reduce<Pending | null>(
      (least, one) => (least === null || spent(one) < spent(least) ? one : least),
      null,
    )
    this.#unsent = this.#unsent.filter((one) => one !== next)
    this.#sentAt = performance.now()
    return next === null ? [] : [next]
  }

  #countSpent({ entrypoint }: EvaluateRequest): void {
    if (this.#isSlow)
      this.#spentMs.set(entrypoint, (this.#spentMs.get(entrypoint) ?? 0) + performance.now() - this.#sentAt)
  }

  #start(): Worker {
    const progress = new SharedArrayBuffer(PROGRESS_BYTES)
    this.#progress = new Int32Array(progress)
    const http = this.#answerHttp ? this.#serveHttp(this.#answerHttp) : null
    const worker = startWasmThread('policy-thread', {
      workerData: { progress, http } satisfies ThreadStart,
      transferList: http ? [http.port] : [],
      resourceLimits: { stackSizeMb: STACK_MB, maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
      env: {},
    })
    worker.unref()
    for (const version of this.#versions.values()) worker.postMessage(loadMessage(version))
    worker.on('message', (answers: FromThread) => this.#settle(answers))
    let cause: unknown
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', () => this.#onExit(worker, cause))
    return worker
  }

  #settle(answers: FromThread): void {
    this.#idleDeaths = 0
    for (const { item, ...answer } of answers) {
      const pending = this.#pending.get(item)
      this.#pending.delete(item)
      if (pending) this.#countSpent(pending.request)
      pending?.resolve(toEvaluation(answer, pending.version?.form ?? null))
    }
    if (this.#pending.size === 0) this.#rest()
    else if (this.#isSlow) this.#send()
  }

  /** With nothing pending the thread keeps no process alive and nobody watches it. */
  #rest(): void {
    clearInterval(this.#watchdog)
    this.#watchdog = undefined
    this.#spentMs.clear()
    this.#worker?.unref()
  }

  #watch(): void {
    const hanging = this.#pending.get(Atomics.load(this.#progress, PROGRESS_ITEM))
    if (!hanging) return
    const elapsedMs = (monotonicMs() - Atomics.load(this.#progress, PROGRESS_START)) & 0x7fff_ffff
    if (this.#isAtFirstRounds()) {
      if (elapsedMs < SLOW_AFTER_MS) return
      void this.#worker?.terminate()
      this.#leaveFirstRounds(hanging)
      return
    }
    if (elapsedMs < hanging.deadlineMs) {
      if (elapsedMs >= SLOW_AFTER_MS && this.#onSlow) this.#handOn(hanging.request, this.#onSlow)
      return
    }
    this.#log.warn('A policy did not finish in time; its thread is replaced', {
      entrypoint: hanging.request.entrypoint,
      elapsedMs,
    })
    this.#fail(hanging, timedOut())
    void this.#worker?.terminate()
    this.#restart()
  }

  #isAtFirstRounds(): boolean {
    return Atomics.load(this.#progress, PROGRESS_FIRST_ROUNDS) === 1
  }

  /** What happens in a chain's round is not held against the event: it is evaluated again, without. */
  #leaveFirstRounds({ request: { versionId } }: Pending): void {
    this.#log.warn('The action policy is evaluated apart from the events for a while', { version: versionId })
    this.#restingFirstRounds.set(versionId, performance.now() + FIRST_ROUNDS_REST_MS)
    for (const pending of this.#pending.values())
      if (pending.request.versionId === versionId) pending.request = withoutFirstRounds(pending.request)
    this.#restart()
  }

  /** Gives away all that waits for one entrypoint; the rest goes to a new thread. */
  #handOn({ versionId, entrypoint }: EvaluateRequest, onSlow: (unanswered: Unanswered[]) => void): void {
    const slow = [...this.#pending.values()].filter(
      ({ request }) => request.versionId === versionId && request.entrypoint === entrypoint,
    )
    for (const { item } of slow) this.#pending.delete(item)
    void this.#worker?.terminate()
    this.#restart()
    onSlow(slow)
  }

  #onExit(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker || this.#isClosed) return
    const running = this.#pending.get(Atomics.load(this.#progress, PROGRESS_ITEM))
    const isMemory = errorCode(cause) === 'ERR_WORKER_OUT_OF_MEMORY'
    const error = {
      code: isMemory ? 'policy_memory' : 'policy_crashed',
      message: isMemory
        ? 'The policy needed more memory than its thread may use; make it compute less at once.'
        : `The policy thread ended: ${errorMessage(cause)}`,
    }
    this.#log.error('The policy thread ended', { code: error.code, cause: errorMessage(cause) })
    if (running && this.#isAtFirstRounds()) return this.#leaveFirstRounds(running)
    if (running) this.#fail(running, error)
    else if (++this.#idleDeaths >= MAX_IDLE_DEATHS) this.#failAll(error)
    this.#restart()
  }

  /** What is still waiting goes to a new thread, in the order in which it came. */
  #restart(): void {
    this.#worker = undefined
    this.#unsent = [...this.#pending.values()]
    if (this.#unsent.length > 0) this.#send()
    else this.#rest()
  }

  #failAll(error: EvaluationError): void {
    for (const pending of this.#pending.values()) this.#fail(pending, error)
    this.#unsent = []
    this.#rest()
  }

  #fail(pending: Pending, error: EvaluationError): void {
    const { item, request, version } = pending
    const evaluator = version?.entrypoints[request.entrypoint] ?? 'wasm'
    this.#pending.delete(item)
    this.#countSpent(request)
    pending.resolve({ ...failedEvaluation(error, evaluator), form: version?.form ?? null })
  }

  #serveHttp(answerHttp: AnswerHttpSend): NonNullable<ThreadStart['http']> {
    const { port1, port2 } = new MessageChannel()
    const signal = new SharedArrayBuffer(HTTP_SIGNAL_BYTES)
    const flag = new Int32Array(signal)
    const answer = async (request: JsonValue): Promise<void> => {
      const reply: HttpAnswer = await answerHttp(request).then(
        (response) => ({ response }),
        (error: unknown) => ({ error: errorMessage(error) }),
      )
      port1.postMessage(reply)
      Atomics.store(flag, 0, 1)
      Atomics.notify(flag, 0)
    }
    port1.on('message', (request: JsonValue) => void answer(request))
    port1.unref()
    return { port: port2, signal }
  }
}

function withoutFirstRounds({ firstRounds: _left, ...request }: EvaluateRequest): EvaluateRequest {
  return request
}

/** A pool's version holds more than a thread can be sent. */
function loadMessage({ id, form, entrypoints, module, data, full }: ThreadVersion): ToThread {
  return { kind: 'load', version: { id, form, entrypoints, module, data, full } }
}
