import type { Worker } from 'node:worker_threads'
import { TocsinError } from '../../../../shared/errors.ts'
import { startWasmThread } from '../wasm-thread.ts'
import { evalHeader, evalOutcome } from './full-evaluator.ts'
import type { Answer, Call } from './instance.ts'
import { loadToolchainModule } from './module.ts'
import type { ThreadJob, ThreadReply } from './toolchain-thread.ts'
import type * as T from './types.ts'

export { FullEvaluator } from './full-evaluator.ts'
export { loadToolchainModule, toolchainInfo } from './module.ts'
export * from './types.ts'

/** 50,000 nested brackets need it; Node's 4 MiB end at about 5,000. */
const STACK_MB = 64
/** A thread costs 30 MB or more and starts in 60 ms. */
const IDLE_MS = 60_000
/** Linear memory never shrinks; a workspace of usual size needs 40 MB. */
const BIG_JOB_BYTES = 128 * 1024 * 1024
/** 10,000 rules compile in 8.4 s on a quiet machine. */
const DEADLINE_MS = 30_000

interface ToolchainOptions {
  /** After which the thread ends when nothing is asked; 60 s. */
  idleMs?: number
  /** For one call; it cannot be interrupted, so the thread is ended. 30 s; for `eval` and `explain` its own time-out is added. */
  deadlineMs?: number
}

/**
 * Rego and jsonnet tools in a thread of their own, started on first need. Calls run one after the other.
 * Every method rejects with a TocsinError whose `details` is a `DiagnosticDetails`: `policy_invalid`,
 * `jsonnet_invalid`, `toolchain_timeout`, `toolchain_crashed`, `toolchain_corrupt`, `toolchain_failed`.
 */
export class Toolchain {
  readonly #idleMs: number
  readonly #deadlineMs: number
  #worker: Worker | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ToolchainOptions = {}) {
    this.#idleMs = options.idleMs ?? IDLE_MS
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS
  }

  /** Parses and type-checks all files together. */
  async check(request: T.CheckRequest): Promise<T.CheckResult> {
    return (await this.#call('check', request)).header as T.CheckResult // as go/check.go writes it
  }

  /** Checks, decides the evaluator of each entrypoint, and compiles those that opa-wasm can host. */
  async compile(request: T.CompileRequest): Promise<T.CompileResult> {
    const { header, body } = await this.#call('compile', request)
    return { ...(header as Omit<T.CompileResult, 'wasm'>), wasm: body.length > 0 ? body : null } // as go/compile.go writes it
  }

  /** The file in OPA's format, in its own generation of Rego. */
  async format(file: T.SourceFile): Promise<T.FormatResult> {
    return (await this.#call('format', file)).header as T.FormatResult // as go/format.go writes it
  }

  /** Runs the `test_*` rules. A failing test is a result, not an error. */
  async test(request: T.TestRequest): Promise<T.TestResult> {
    return (await this.#call('test', request)).header as T.TestResult // as go/testing.go writes it
  }

  /** Evaluates once with OPA's own evaluator; to evaluate often, use a `FullEvaluator`. */
  async eval(request: T.EvalRequest): Promise<T.EvalOutcome> {
    return evalOutcome(await this.#evaluate('eval', request))
  }

  /** Evaluates once and says for every rule how far it came, with the values that stopped it. */
  async explain(request: T.EvalRequest): Promise<T.ExplainOutcome> {
    const answer = await this.#evaluate('explain', request)
    return { ...evalOutcome(answer), rules: (answer.header as Pick<T.ExplainOutcome, 'rules'>).rules } // as go/explain.go writes it
  }

  /** Evaluates a jsonnet file. @returns JSON text */
  async jsonnet(request: T.JsonnetRequest): Promise<string> {
    return new TextDecoder().decode((await this.#call('jsonnet', request)).body)
  }

  /** What the module says of itself; must be what `toolchainInfo` says. */
  async version(): Promise<Pick<T.ToolchainInfo, 'go' | 'opa' | 'jsonnet'>> {
    return (await this.#call('version', {})).header as Pick<T.ToolchainInfo, 'go' | 'opa' | 'jsonnet'> // as go/version.go writes it
  }

  /** Ends the thread after the calls already made; a later call starts a new one. */
  async close(): Promise<void> {
    await this.#last
    await this.#endThread()
  }

  #evaluate(fn: 'eval' | 'explain', request: T.EvalRequest): Promise<Answer> {
    const { entrypoint, input, files, data, allow } = request
    const prepare: Call = { fn: 'prepare', header: { files, data, allow } }
    return this.#enqueue(
      [prepare, { fn, header: evalHeader(entrypoint, input, request), body: input }],
      request.timeoutMs,
    )
  }

  #call(fn: Call['fn'], header: object): Promise<Answer> {
    return this.#enqueue([{ fn, header }], 0)
  }

  #enqueue(calls: Call[], moreMs: number): Promise<Answer> {
    const answer = this.#last.then(() => this.#run({ calls }, this.#deadlineMs + moreMs))
    this.#last = answer.catch(() => {}) // the caller sees the error; the next call is not concerned
    return answer
  }

  async #run(job: ThreadJob, deadlineMs: number): Promise<Answer> {
    const worker = await this.#thread()
    clearTimeout(this.#idleTimer)
    worker.ref()
    const reply = await ask(worker, job, deadlineMs).catch(async (error: unknown) => {
      await this.#endThread()
      throw error
    })
    if (reply.ok ? reply.memoryBytes > BIG_JOB_BYTES : reply.isDead) await this.#endThread()
    else this.#rest(worker)
    if (reply.ok) return reply.answer
    throw new TocsinError(reply.error.code, reply.error.message, { details: reply.error.details })
  }

  async #thread(): Promise<Worker> {
    const module = await loadToolchainModule()
    if (this.#worker) return this.#worker
    const worker = startWasmThread('toolchain-thread', {
      workerData: { module },
      resourceLimits: { stackSizeMb: STACK_MB },
      env: {},
    })
    // One that dies while nothing is asked of it is replaced by the next call; without a listener it would be thrown.
    worker.on('error', () => {})
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
    this.#worker = worker
    return worker
  }

  /** Until the next call: keeps no process alive and ends after a while. */
  #rest(worker: Worker): void {
    worker.unref()
    this.#idleTimer = setTimeout(() => void this.#endThread(), this.#idleMs)
    this.#idleTimer.unref()
  }

  async #endThread(): Promise<void> {
    clearTimeout(this.#idleTimer)
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}

/** Posts one job and waits for its reply, its thread's end, or the deadline. */
function ask(worker: Worker, job: ThreadJob, deadlineMs: number): Promise<ThreadReply> {
  const { promise, resolve, reject } = Promise.withResolvers<ThreadReply>()
  const fail = (code: string, message: string, cause?: unknown): void =>
    reject(new TocsinError(code, message, { cause, details: { diagnostics: [{ code, message }] } }))
  const onError = (error: Error): void =>
    fail('toolchain_crashed', `The policy tool chain's thread failed: ${error.message}`, error)
  const onExit = (): void => fail('toolchain_crashed', "The policy tool chain's thread ended before it answered.")
  const timer = setTimeout(
    () =>
      fail('toolchain_timeout', `The policy tool chain took longer than ${deadlineMs} ms; make the policies smaller.`),
    deadlineMs,
  )
  worker.once('message', resolve).once('error', onError).once('exit', onExit)
  worker.postMessage(job)
  return promise.finally(() => {
    clearTimeout(timer)
    worker.off('message', resolve).off('error', onError).off('exit', onExit)
  })
}
