import type { App } from 'electron'
import { describe, expect, it } from 'vitest'
import { EventEmitter } from 'node:events'
import { FakeWebContents } from '../../tests/fakes/electron.ts'
import { guardNavigation } from './navigation-guard.ts'

function guarded() {
  const app = new EventEmitter()
  const external: string[] = []
  const refused: string[] = []
  guardNavigation({
    app: app as unknown as App,
    onExternalLink: (link) => external.push(link),
    onRefused: (what) => refused.push(what),
  })
  const contents = new FakeWebContents()
  app.emit('web-contents-created', {}, contents)
  return { contents, external, refused }
}

function isPrevented(contents: FakeWebContents, event: string, url: string): boolean {
  let prevented = false
  contents.emit(event, { url, preventDefault: () => (prevented = true) })
  return prevented
}

describe('navigation', () => {
  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('[S1] %s stays in the app (item 13)', (event) => {
    const { contents, refused } = guarded()
    const outside = [
      'https://example.com/',
      'file:///etc/passwd',
      'app://desk.evil/',
      'data:text/html,x',
      'about:blank',
    ]
    for (const url of outside) expect(isPrevented(contents, event, url)).toBe(true)
    expect(refused).toHaveLength(outside.length)
    expect(isPrevented(contents, event, 'app://desk/#/inbox')).toBe(false)
  })

  it('[S1] opens no second window, and asks about the link instead (item 14)', () => {
    const { contents, external } = guarded()
    expect(contents.windowOpenHandler?.({ url: 'https://example.com/' })).toEqual({ action: 'deny' })
    expect(contents.windowOpenHandler?.({ url: 'app://desk/' })).toEqual({ action: 'deny' })
    expect(external).toEqual(['https://example.com/', 'app://desk/'])
  })

  it('[S1] has no webview (item 12)', () => {
    const { contents } = guarded()
    expect(isPrevented(contents, 'will-attach-webview', '')).toBe(true)
  })
})
