import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { firstRounds } from './chain/rounds/first-rounds.ts'
import { ThreadEvaluator, type EvaluateAction, type EventWithAlerts } from './policy/thread-evaluator.ts'
import {
  monotonicMs,
  PROGRESS_FIRST_ROUNDS,
  PROGRESS_ITEM,
  PROGRESS_START,
  type BatchItem,
  type FromThread,
  type HttpAnswer,
  type ThreadStart,
  type ToThread,
} from './policy/policy-protocol.ts'

/** Answers are sent on when a batch is done, and at the latest after this time: a long one must not hold back others. */
const FLUSH_MS = 4

const start = workerData as ThreadStart // as policy-lane.ts starts it
const progress = new Int32Array(start.progress)
const evaluator = new ThreadEvaluator({
  ...(start.http ? { httpSend } : {}),
  onPrepared: startClock,
  makeFirstRounds: watchedFirstRounds,
})

/** Within one evaluation the same request is sent once, as in OPA. */
const answered = new Map<string, unknown>()

/** Asks the engine's thread and waits; the watchdog ends this thread when the answer takes too long. */
function httpSend(request: unknown): unknown {
  if (!start.http) throw new Error('http.send is not available')
  const key = JSON.stringify(request) // the tool chain writes its keys in order
  if (answered.has(key)) return answered.get(key)
  const signal = new Int32Array(start.http.signal)
  start.http.port.postMessage(request)
  Atomics.wait(signal, 0, 0)
  Atomics.store(signal, 0, 0)
  const answer = receiveMessageOnPort(start.http.port)?.message as HttpAnswer | undefined // as policy-lane.ts posts it
  if (!answer || 'error' in answer) throw new Error(answer?.error ?? 'http.send was not answered')
  answered.set(key, answer.response)
  return answer.response
}

/** The watchdog counts from here. */
function startClock(): void {
  Atomics.store(progress, PROGRESS_START, monotonicMs())
}

/** Each evaluation has the whole time, and what takes too long here is not held against the alert policy. */
function watchedFirstRounds(event: EventWithAlerts, evaluate: EvaluateAction): ReturnType<typeof firstRounds> {
  startClock()
  Atomics.store(progress, PROGRESS_FIRST_ROUNDS, 1)
  return firstRounds(event, (input, stamp) => {
    startClock()
    return evaluate(input, stamp)
  })
}

function evaluateBatch(items: BatchItem[], bytes: ArrayBuffer): void {
  let done: FromThread = []
  let flushedAt = performance.now()
  for (const item of items) {
    startClock()
    Atomics.store(progress, PROGRESS_ITEM, item.item)
    answered.clear()
    const answer = evaluator.answer(item, new Uint8Array(bytes, item.offset, item.length))
    Atomics.store(progress, PROGRESS_ITEM, 0)
    Atomics.store(progress, PROGRESS_FIRST_ROUNDS, 0)
    done.push({ ...answer, item: item.item })
    if (performance.now() - flushedAt < FLUSH_MS) continue
    parentPort?.postMessage(done)
    done = []
    flushedAt = performance.now()
  }
  if (done.length > 0) parentPort?.postMessage(done)
}

parentPort?.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'load':
      evaluator.load(message.version)
      break
    case 'unload':
      evaluator.unload(message.id)
      break
    case 'evaluate':
      evaluateBatch(message.items, message.bytes)
      break
  }
})
