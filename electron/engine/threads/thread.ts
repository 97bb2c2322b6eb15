import { parentPort, workerData } from 'node:worker_threads'
import type { EngineConfig } from '../ports/config.ts'
import { DESK } from '../desk-parts.ts'
import { Engine } from '../engine.ts'
import { failureAnswer } from './failure-answer.ts'
import { ThreadSecrets } from './thread-secrets.ts'
import type { FromEngine, ToEngine, TopicMessage } from './thread-protocol.ts'

// The engine as a worker thread of the main process. Signals, umask and exit are main's; this ends when it is told to.

const port = parentPort
if (port !== null) {
  const tell = (message: FromEngine): void => port.postMessage(message)
  const secrets = new ThreadSecrets(tell)
  const engine = new Engine(workerData as EngineConfig, { secrets, desk: DESK }) // made by `EngineClient`
  engine.onTopic((topic, payload) => tell({ type: 'topic', topic, payload } as TopicMessage)) // pairs of one generic call
  const starting = engine.start().then(
    (started) => tell({ type: 'started', started }),
    (error: unknown) => {
      tell({ type: 'failed', error: failureAnswer(error).error })
      port.close()
    },
  )
  port.on('message', (message: ToEngine) => {
    switch (message.type) {
      case 'call':
        void engine.call(message.name, message.arg).then((answer) => tell({ type: 'answer', id: message.id, answer }))
        return
      case 'secret':
        secrets.onAnswer(message.id, message.answer)
        return
      case 'wokeUp':
        engine.wokeUp(message.sleptMs)
        return
      case 'stop':
        void starting
          .then(() => engine.stop())
          .finally(() => {
            tell({ type: 'stopped' })
            port.close()
          })
    }
  })
}
