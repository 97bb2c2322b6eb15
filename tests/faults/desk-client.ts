import { WebSocket } from 'ws'
import type { Answer, CallArg, CallName, CallResult } from '../../shared/contract.ts'

/** The screen's side of the bridge, without a screen. */
export class DeskClient {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, (answer: unknown) => void>()
  #count = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; id: number; answer: unknown }
      if (message.type === 'answer') this.#answers.get(message.id)?.(message.answer)
    })
  }

  /** @param link the desk's URL with its one-time token, as the ready line gives it */
  static async open(link: string): Promise<DeskClient> {
    const url = new URL(link)
    const socket = new WebSocket(`ws://${url.host}/bridge`, { origin: url.origin })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    const welcome = new Promise((resolve) => socket.once('message', resolve))
    socket.send(JSON.stringify({ type: 'hello', token: url.hash.slice('#token='.length) }))
    await welcome
    return new DeskClient(socket)
  }

  async call<Name extends CallName>(name: Name, arg: CallArg<Name>): Promise<Answer<CallResult<Name>>> {
    const id = (this.#count += 1)
    const answer = new Promise<unknown>((resolve) => this.#answers.set(id, resolve))
    this.#socket.send(JSON.stringify({ type: 'call', id, name, arg }))
    return (await answer) as Answer<CallResult<Name>> // the router answers by the contract
  }

  close(): void {
    this.#socket.terminate()
  }
}
