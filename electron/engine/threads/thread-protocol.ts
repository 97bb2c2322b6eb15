import type { Answer, CallName, Topic, TopicPayload } from '../../../shared/contract.ts'
import type { DiagnosticView, ReceiverState } from '../../../shared/model/views.ts'
import type { FailureAnswer } from './failure-answer.ts'
import type { SecretPort } from '../ports/ports.ts'

/** What main tells the engine thread. Its configuration comes as `workerData`. */
export type ToEngine =
  | { type: 'call'; id: number; name: CallName; arg: unknown }
  | { type: 'secret'; id: number; answer: Answer<unknown> }
  | { type: 'wokeUp'; sleptMs: number }
  | { type: 'stop' }

/** What an engine says once it runs. */
export interface EngineStarted {
  receiver: ReceiverState
  /** Why it runs in recovery, with a database that it does not touch; null when all is well. */
  failure: FailureAnswer['error'] | null
  /** Why what the database says may be older than what has happened; null when it is not in doubt. */
  doubt: string | null
  isPolicyLive: boolean
  /** Why the policy folder's present state is not live. */
  policyProblem: DiagnosticView[] | null
}

/** What the engine thread tells main. */
export type FromEngine =
  | { type: 'started'; started: EngineStarted }
  | { type: 'failed'; error: FailureAnswer['error'] }
  | { type: 'answer'; id: number; answer: Answer<unknown> }
  | { type: 'secret'; id: number; operation: keyof SecretPort; args: unknown[] }
  | TopicMessage
  | { type: 'stopped' }

export type TopicMessage = { [Name in Topic]: { type: 'topic'; topic: Name; payload: TopicPayload<Name> } }[Topic]
