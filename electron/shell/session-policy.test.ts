import type { Session } from 'electron'
import { describe, expect, it } from 'vitest'
import { FakeSession } from '../../tests/fakes/electron.ts'
import { applySessionPolicy, isPermitted, mayLoad, PERMISSIONS } from './session-policy.ts'

describe('session policy', () => {
  it('[S1] permits one thing, and only to the app itself (item 5)', () => {
    const granted = Object.keys(PERMISSIONS).filter((name) => isPermitted(name, 'app://desk/'))
    expect(granted).toEqual(['clipboard-sanitized-write'])
    for (const origin of ['app://desk.evil/', 'https://desk/', 'null', '', 'file:///']) {
      expect(isPermitted('clipboard-sanitized-write', origin)).toBe(false)
    }
    expect(isPermitted('a-permission-of-next-year', 'app://desk/')).toBe(false)
    expect(isPermitted('toString', 'app://desk/')).toBe(false)
  })

  it.each([
    ['app://desk/index.html', 'mainFrame', true],
    ['data:image/png;base64,AA', 'image', true],
    ['data:text/html,x', 'mainFrame', false],
    ['data:text/javascript,x', 'script', false],
    ['https://example.com/x', 'image', false],
    ['http://127.0.0.1:8080/alert/raw/x', 'xhr', false],
    ['ws://127.0.0.1:1/', 'webSocket', false],
    ['file:///etc/passwd', 'other', false],
    ['app://desk.evil/', 'script', false],
    ['devtools://devtools/x', 'mainFrame', false],
    ['not an address', 'other', false],
  ])('[S6] load of %s as %s: %s', (url, type, isAllowed) => {
    expect(mayLoad(url, type, false)).toBe(isAllowed)
  })

  it('[S6] lets the developer tools load in development only', () => {
    expect(mayLoad('devtools://devtools/x', 'mainFrame', true)).toBe(true)
  })

  it('[S1, S6] installs every handler and reports refusals without addresses', () => {
    const fake = new FakeSession()
    const refused: string[] = []
    applySessionPolicy({
      session: fake as unknown as Session,
      hasDevTools: false,
      onRefused: (what, origin) => refused.push(`${what} by ${origin}`),
    })
    const results: unknown[] = []
    const answer = (value: unknown): void => void results.push(value)
    call(fake, 'permissionRequest', null, 'geolocation', answer, { requestingUrl: 'app://desk/#/inbox/secret' })
    call(fake, 'permissionRequest', null, 'clipboard-sanitized-write', answer, { requestingUrl: 'app://desk/' })
    call(fake, 'beforeRequest', { url: 'https://evil.test/?leak=secret', resourceType: 'image' }, answer)
    call(fake, 'beforeRequest', { url: 'app://desk/a.js', resourceType: 'script' }, answer)
    call(fake, 'displayMedia', {}, answer)
    expect(results).toEqual([false, true, { cancel: true }, { cancel: false }, null])
    expect(call(fake, 'permissionCheck', null, 'media', 'app://desk')).toBe(false)
    expect(call(fake, 'devicePermission', {})).toBe(false)
    expect(fake.isSpellCheckerEnabled).toBe(false)

    let isPrevented = false
    fake.emit('will-download', { preventDefault: () => (isPrevented = true) }, { getURL: () => 'app://desk/x' })
    expect(isPrevented).toBe(true)
    expect(refused).toEqual([
      'permission geolocation by app://desk',
      'request of type image by https://evil.test',
      'download by app://desk',
    ])
  })
})

function call(session: FakeSession, name: string, ...args: unknown[]): unknown {
  return (session.handlers[name] as (...args: unknown[]) => unknown)(...args)
}
