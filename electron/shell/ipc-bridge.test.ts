import type { WebContents } from 'electron'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Answer } from '../../shared/contract.ts'
import { done, FakeFrame, FakeWebContents, resetElectron } from '../../tests/fakes/electron.ts'
import { Router, type CallSender } from '../bridge/router.ts'
import { IpcBridge } from './ipc-bridge.ts'
import { DESK_ORIGIN } from './origin.ts'

vi.mock('electron', () => import('../../tests/fakes/electron.ts'))
beforeEach(resetElectron)

type Invoke = (event: object, name: unknown, arg: unknown) => Promise<Answer<unknown>>

/** The real router behind the real bridge; only Electron is a fake. */
function desk() {
  const refused: { code: string; sender: CallSender }[] = []
  const reached: string[] = []
  const router = new Router({
    origin: DESK_ORIGIN,
    target: (name) => {
      reached.push(name)
      return Promise.resolve({ ok: true, value: {} })
    },
    onRefused: (code, sender) => refused.push({ code, sender }),
  })
  const bridge = new IpcBridge()
  bridge.listen((sender, name, arg) => router.handle(sender, name, arg))
  const contents = new FakeWebContents()
  bridge.admit(contents as unknown as WebContents)
  const invoke = done.find(([what, channel]) => what === 'handle' && channel === 'desk:call')?.[2] as Invoke
  return { bridge, contents, invoke, refused, reached }
}

describe('ipc bridge', () => {
  it('[S5] answers the top frame of a window of ours', async () => {
    const { contents, invoke, reached } = desk()
    expect(await invoke({ sender: contents, senderFrame: contents.mainFrame }, 'desk.state', {})).toEqual({
      ok: true,
      value: {},
    })
    expect(reached).toEqual(['desk.state'])
  })

  it('[S5] refuses everybody else, and says so', async () => {
    const { contents, invoke, refused, reached } = desk()
    const stranger = new FakeWebContents()
    const lookalike = new FakeWebContents()
    lookalike.mainFrame = new FakeFrame('app://desk.evil')
    const gone = new FakeFrame('app://desk')
    gone.isDestroyed = () => true
    const senders = [
      { sender: stranger, senderFrame: stranger.mainFrame },
      { sender: contents, senderFrame: new FakeFrame('app://desk') },
      { sender: contents, senderFrame: null },
      { sender: contents, senderFrame: gone },
      { sender: lookalike, senderFrame: lookalike.mainFrame },
    ]
    for (const event of senders) {
      expect(await invoke(event, 'desk.state', {})).toMatchObject({ ok: false, error: { code: 'untrusted_sender' } })
    }
    for (const origin of ['https://example.com', 'app://desk.evil', 'null', 'file://']) {
      contents.mainFrame = new FakeFrame(origin)
      expect(await invoke({ sender: contents, senderFrame: contents.mainFrame }, 'desk.state', {})).toMatchObject({
        ok: false,
      })
    }
    expect(reached).toEqual([])
    expect(refused).toHaveLength(senders.length + 4)
  })

  it('[S5] forgets a window that is gone', async () => {
    const { bridge, contents, invoke } = desk()
    contents.emit('destroyed')
    const answer = await invoke({ sender: contents, senderFrame: contents.mainFrame }, 'desk.state', {})
    expect(answer).toMatchObject({ ok: false, error: { code: 'untrusted_sender' } })
    bridge.tell('news', {})
    expect(contents.sent).toEqual([])
  })

  it('tells its windows', () => {
    const { bridge, contents } = desk()
    bridge.tell('news', { kind: 'alert' })
    expect(contents.sent).toEqual([['desk:event', 'news', { kind: 'alert' }]])
  })
})
