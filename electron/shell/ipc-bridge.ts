import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron'

export const CALL_CHANNEL = 'desk:call'
export const EVENT_CHANNEL = 'desk:event'

/** Who calls, by what Electron says of the sender, never by what the message says. */
export interface IpcSender {
  origin: string | null
  isMainFrame: boolean
  isKnown: boolean
}

/** Answers a call, or refuses it: a value in either case. */
export type HandleCall = (sender: IpcSender, name: unknown, arg: unknown) => Promise<unknown>

/** The bridge's way between main and the windows that were opened by us (checklist item 17). */
export class IpcBridge {
  readonly #windows = new Set<WebContents>()

  /** Makes a window known, until it is gone. */
  admit(contents: WebContents): void {
    this.#windows.add(contents)
    contents.once('destroyed', () => this.#windows.delete(contents))
  }

  /** Answers the calls of windows. Once per process: a second handler on the channel throws. */
  listen(handle: HandleCall): void {
    ipcMain.handle(CALL_CHANNEL, (event, name: unknown, arg: unknown) => handle(this.#sender(event), name, arg))
  }

  /** Tells every known window of something. */
  tell(topic: string, payload: unknown): void {
    for (const contents of this.#windows) contents.send(EVENT_CHANNEL, topic, payload)
  }

  #sender({ sender, senderFrame }: IpcMainInvokeEvent): IpcSender {
    const isKnown = this.#windows.has(sender)
    // Gone before its message was read: nobody to trust, and nobody to answer.
    if (senderFrame === null || senderFrame.isDestroyed() || sender.isDestroyed()) {
      return { origin: null, isMainFrame: false, isKnown }
    }
    return { origin: senderFrame.origin, isMainFrame: senderFrame === sender.mainFrame, isKnown }
  }
}
