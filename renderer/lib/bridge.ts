import type { Answer, CallArg, CallName, CallResult, DeskBridge, Topic, TopicPayload } from '../../shared/contract.ts'

declare global {
  interface Window {
    /** Made by the preload in Electron; absent in the browser host, where the page makes its own. */
    readonly desk?: DeskBridge
  }
}

/** A failure as the screen shows it. */
export interface DeskError {
  code: string
  message: string
}

let bridge: DeskBridge | null = null

/** Sets the one bridge of this page, before anything is rendered. */
export function setBridge(value: DeskBridge): void {
  bridge = value
}

function theBridge(): DeskBridge {
  if (!bridge) throw new Error('setBridge must run before the first call')
  return bridge
}

/**
 * Asks the engine.
 * @returns what it answers; a bridge that throws becomes an answer with the code `bridge_failed`
 */
export async function call<Name extends CallName>(name: Name, arg: CallArg<Name>): Promise<Answer<CallResult<Name>>> {
  try {
    return await theBridge().call(name, arg)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, error: { code: 'bridge_failed', message: `The desk could not reach its engine: ${message}` } }
  }
}

/** Listens to a topic. @returns a function that ends the subscription */
export function on<Name extends Topic>(topic: Name, listener: (payload: TopicPayload<Name>) => void): () => void {
  return theBridge().on(topic, listener)
}
