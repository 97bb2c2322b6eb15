import { contract, type Answer, type CallName } from '../../shared/contract.ts'
import { failureAnswer } from '../engine/threads/failure-answer.ts'
import { argumentProblem } from './argument.ts'

/** Who calls, as the transport sees it. A transport fills this from what it knows itself, never from the message. */
export interface CallSender {
  /** The origin of the calling document; null when the frame is gone or the transport has none. */
  origin: string | null
  /** False for anything but the top frame of a window. */
  isMainFrame: boolean
  /** Whether this window was opened (or this connection admitted) by us. */
  isKnown: boolean
}

/** Answers a call whose argument has passed its schema. */
export type CallTarget = (name: CallName, arg: unknown) => Promise<Answer<unknown>>

export interface RouterOptions {
  /** The one origin whose documents may call, compared as a whole string: `app://desk`, `http://127.0.0.1:41234`. */
  origin: string
  target: CallTarget
  /** Told of every refusal; holds no argument. */
  onRefused: (code: string, sender: CallSender, name: string) => void
}

/** Longest name that is repeated in an answer or a log line. */
const SHOWN_NAME = 64

/** The one gate between a window and the engine: trusted sender, known call, argument of the right shape. */
export class Router {
  readonly #options: RouterOptions

  constructor(options: RouterOptions) {
    this.#options = options
  }

  /**
   * Answers one call. Never throws and never shows a raw error.
   * @param name what the window says it calls; anything
   * @param arg what it sends along; anything
   */
  async handle(sender: CallSender, name: unknown, arg: unknown): Promise<Answer<unknown>> {
    const refuse = (code: string, message: string, details?: unknown): Answer<unknown> => {
      this.#options.onRefused(code, sender, shown(name))
      return { ok: false, error: { code, message, ...(details === undefined ? {} : { details }) } }
    }
    if (!isTrusted(sender, this.#options.origin))
      return refuse('untrusted_sender', 'This window may not call the desk.')
    if (!isCallName(name)) return refuse('unknown_call', `There is no call "${shown(name)}".`)
    const problem = argumentProblem(arg)
    if (problem !== null) return refuse(problem, `What was sent along with ${name} cannot be its argument.`)
    const parsed = contract[name].arg.safeParse(arg)
    if (!parsed.success) {
      const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
      return refuse('bad_argument', sentence(issues), issues.slice(0, 20))
    }
    return answerOf(this.#options.target, name, parsed.data)
  }
}

/** Whether a call comes from the top frame of one of our own windows that shows our own page. */
export function isTrusted(sender: CallSender, origin: string): boolean {
  return sender.isKnown && sender.isMainFrame && sender.origin === origin
}

function isCallName(name: unknown): name is CallName {
  return typeof name === 'string' && Object.hasOwn(contract, name)
}

async function answerOf(target: CallTarget, name: CallName, arg: unknown): Promise<Answer<unknown>> {
  try {
    return await target(name, arg)
  } catch (error) {
    return failureAnswer(error)
  }
}

function sentence(issues: readonly { path: string; message: string }[]): string {
  const [first] = issues
  if (first === undefined) return 'The argument is not valid.'
  return first.path === '' ? first.message : `${first.path}: ${first.message}`
}

function shown(name: unknown): string {
  return typeof name === 'string' ? name.slice(0, SHOWN_NAME) : typeof name
}
