import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { topics, type Answer, type CallName, type TopicPayload } from '../../shared/contract.ts'
import { assertNever } from '../../shared/assert-never.ts'
import { errorMessage, TocsinError } from '../../shared/errors.ts'
import type { DeskState } from '../../shared/model/views.ts'
import type { TopicListener } from '../engine/news/bus.ts'
import type { EngineConfig } from '../engine/ports/config.ts'
import { failureAnswer } from '../engine/threads/failure-answer.ts'
import type { Log, SecretPort } from '../engine/ports/ports.ts'
import type { EngineStarted, FromEngine, ToEngine } from '../engine/threads/thread-protocol.ts'
import { answerSecret } from '../engine/threads/thread-secrets.ts'
import { threadUrl } from '../engine/threads/thread-url.ts'
import { RestartLimit } from './restart-limit.ts'

export interface EngineClientOptions {
  config: EngineConfig
  /** Main's vault. */
  secrets: SecretPort
  log: Log
  /** Where the engine thread's code lies; another one in tests. */
  entry?: URL
}

/** New objects of a thread. V8's own 48 MB are 60 MB more of the process under load, and not faster. */
const YOUNG_MB = 12

/** How long an engine that could not start may take to close what it opened. */
const END_MS = 2_000

type EngineLife = DeskState['engine']

/** After a restart: what happened meanwhile was told to nobody. */
const EVERYTHING = topics.changed.shape.what.element.options

/** Main's side of the engine thread: starts it, passes calls and secrets, restarts one that died, stops it. */
export class EngineClient {
  readonly #options: EngineClientOptions
  readonly #restarts = new RestartLimit()
  readonly #listeners = new Set<TopicListener>()
  readonly #pending = new Map<number, (answer: Answer<unknown>) => void>()
  #worker: Worker | null = null
  #life: EngineLife = 'stopped'
  #lastId = 0
  #isStopping = false
  readonly #gone = Promise.withResolvers<void>()
  #lastState: DeskState | null = null

  constructor(options: EngineClientOptions) {
    this.#options = options
  }

  /**
   * Starts the engine thread.
   * @returns what it says once its receiver listens (or could not)
   * @throws TocsinError why it could not start (`store_locked`, `policy_invalid`, …)
   */
  async start(): Promise<EngineStarted> {
    const worker = new Worker(this.#options.entry ?? threadUrl('engine-thread'), {
      name: 'tocsin-engine',
      workerData: this.#options.config,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
    this.#worker = worker
    try {
      const started = await this.#whenStarted(worker)
      this.#life = 'running'
      return started
    } catch (error) {
      await end(worker)
      throw error
    }
  }

  #whenStarted(worker: Worker): Promise<EngineStarted> {
    return new Promise<EngineStarted>((resolve, reject) => {
      worker.on('message', (message: FromEngine) => {
        if (message.type === 'started') resolve(message.started)
        else if (message.type === 'failed') {
          reject(new TocsinError(message.error.code, message.error.message, { details: message.error.details }))
        } else this.#onMessage(worker, message)
      })
      worker.once('error', (error) => {
        this.#options.log.error('engine thread failed', { message: errorMessage(error) })
        reject(new TocsinError('engine_died', `The engine could not start: ${errorMessage(error)}`, { cause: error }))
      })
      worker.once('exit', () => {
        reject(new TocsinError('engine_died', 'The engine ended while it was starting; the log says why.'))
        this.#onExit(worker)
      })
    })
  }

  /** Passes one call with an argument that the router has checked. Never throws. */
  async call(name: CallName, arg: unknown): Promise<Answer<unknown>> {
    const worker = this.#worker
    if (worker === null || this.#life !== 'running') return this.#answerWithoutEngine(name)
    const id = (this.#lastId += 1)
    const answer = await new Promise<Answer<unknown>>((resolve) => {
      this.#pending.set(id, resolve)
      post(worker, { type: 'call', id, name, arg })
    })
    if (name === 'desk.state' && answer.ok) this.#lastState = answer.value as DeskState // the contract's result of this call
    return answer
  }

  /** The machine woke up. @param sleptMs how long it slept */
  wokeUp(sleptMs: number): void {
    if (this.#worker !== null) post(this.#worker, { type: 'wokeUp', sleptMs })
  }

  /** @returns a function that ends the subscription */
  onTopic(listener: TopicListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when the engine has died too often and is not started again. */
  whenGone(): Promise<void> {
    return this.#gone.promise
  }

  /**
   * Lets the engine finish what it acknowledged and close its database; waits until the thread has ended.
   * @param withinMs after a failure: ends the thread when it takes longer
   */
  async stop(withinMs: number | null = null): Promise<void> {
    this.#isStopping = true
    const worker = this.#worker
    if (worker === null) return
    const gone = once(worker, 'exit')
    post(worker, { type: 'stop' })
    await (withinMs === null ? gone : end(worker, withinMs))
  }

  #onMessage(worker: Worker, message: Exclude<FromEngine, { type: 'started' | 'failed' }>): void {
    switch (message.type) {
      case 'answer':
        this.#pending.get(message.id)?.(message.answer)
        this.#pending.delete(message.id)
        return
      case 'topic':
        for (const listener of this.#listeners) listener(message.topic, message.payload)
        return
      case 'secret':
        void answerSecret(this.#options.secrets, message.operation, message.args)
          .then((value): Answer<unknown> => ({ ok: true, value }), failureAnswer)
          .then((answer) => post(worker, { type: 'secret', id: message.id, answer }))
        return
      case 'stopped':
        return
      default:
        assertNever(message, 'message of the engine thread')
    }
  }

  #onExit(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = null
    const wasRunning = this.#life === 'running'
    this.#life = 'stopped'
    for (const resolve of this.#pending.values()) resolve(this.#answerWithoutEngine(null))
    this.#pending.clear()
    if (wasRunning && !this.#isStopping) this.#restart()
  }

  #restart(): void {
    if (!this.#restarts.allows(Date.now())) {
      this.#options.log.error('engine stopped: it died too often')
      this.#gone.resolve()
      this.#say('The engine has stopped and does not stay up. Nothing is received. Restart Tocsin; the log says why.')
      return
    }
    this.#life = 'restarting'
    this.#options.log.warn('engine thread died, starting it again')
    this.#say('The engine ended unexpectedly and is starting again.')
    this.start().then(
      () => this.#say('The engine is running again.', EVERYTHING),
      (error: unknown) => {
        this.#life = 'stopped'
        this.#options.log.error('engine could not be started again', { message: errorMessage(error) })
        if (!this.#isStopping) this.#restart()
      },
    )
  }

  #say(text: string, what: TopicPayload<'changed'>['what'] = ['state']): void {
    for (const listener of this.#listeners) {
      listener('news', { kind: 'engine', text, alertId: null, actionId: null })
      listener('changed', { what, alertIds: [], chainIds: [] })
    }
  }

  /** The frame of the desk is still drawn, from what was last known; everything else says what is wrong. */
  #answerWithoutEngine(name: CallName | null): Answer<unknown> {
    const engine = this.#life === 'running' ? 'stopped' : this.#life
    if (name === 'desk.state' && this.#lastState !== null) return { ok: true, value: { ...this.#lastState, engine } }
    if (engine === 'restarting') {
      return {
        ok: false,
        error: { code: 'engine_restarting', message: 'The engine is starting again; try once more.' },
      }
    }
    return { ok: false, error: { code: 'engine_stopped', message: 'The engine has stopped. Restart Tocsin.' } }
  }
}

/** Waits until a thread that was told to end has ended; one that does not is ended. */
async function end(worker: Worker, withinMs = END_MS): Promise<void> {
  // A thread that is gone has no id any more.
  if (worker.threadId === -1) return
  const timer = setTimeout(() => void worker.terminate(), withinMs)
  await once(worker, 'exit').finally(() => clearTimeout(timer))
}

function post(worker: Worker, message: ToEngine): void {
  worker.postMessage(message)
}
