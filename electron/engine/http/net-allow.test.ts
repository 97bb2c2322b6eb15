import { describe, expect, it } from 'vitest'
import { isPublic, NetAllow, parseAddress } from './net-allow.ts'

describe('parseAddress', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0177.1', '127.0.0.1'],
    ['0x7f.0.0.1', '127.0.0.1'],
    ['[::ffff:127.0.0.1]', '127.0.0.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['64:ff9b::7f00:1', '127.0.0.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2606:4700::1', '2606:4700::1'],
    ['h.example', null],
    ['', null],
  ])('[S25] reads %s as %s', (text, expected) => {
    expect(parseAddress(text)?.toString() ?? null).toBe(expected)
  })
})

describe('isPublic', () => {
  it.each(['93.184.215.14', '::ffff:93.184.215.14', '64:ff9b::5db8:d70e', '2606:4700::1'])('[S25] %s is', (text) => {
    const address = parseAddress(text)
    expect(address !== null && isPublic(address)).toBe(true)
  })
  it.each(['10.0.0.1', '0.0.0.0', '::', '::1', '::7f00:1', '2001:db8::1', '3fff::1', '4000::1', 'ff02::1'])(
    '[S25] %s is not',
    (text) => {
      const address = parseAddress(text)
      expect(address !== null && isPublic(address)).toBe(false)
    },
  )
})

describe('NetAllow', () => {
  const allows = (entry: string, text: string, port = '80', hostname = text): boolean => {
    const address = parseAddress(text)
    return address !== null && new NetAllow([entry]).allows(address, hostname, port)
  }

  it.each<[string, string, boolean]>([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['::ffff:127.0.0.1', '127.0.0.1', true],
    ['::1', '::1', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', '10.0.0.1', false],
    ['0.0.0.0/0', '::1', false],
  ])('[S25] %s for %s: %s', (entry, text, isAllowed) => {
    expect(allows(entry, text)).toBe(isAllowed)
  })

  it('[S25] compares ports and names', () => {
    expect(allows('[::1]:8080', '::1', '8080')).toBe(true)
    expect(allows('[::1]:8080', '::1', '80')).toBe(false)
    expect(allows('Ollama.lan:11434', '10.0.0.5', '11434', 'ollama.LAN')).toBe(true)
    expect(allows('ollama.lan:11434', '10.0.0.5', '11434', 'evil-ollama.lan')).toBe(false)
    expect(allows('ollama.lan', '10.0.0.5', '1', 'ollama.lan')).toBe(true)
  })

  it.each<[string, string, string, boolean]>([
    ['127.0.0.1', '127.0.0.1', '80', true],
    ['127.0.0.1', '2130706433', '80', true],
    ['127.0.0.1:8080', '127.0.0.1', '80', false],
    ['10.0.0.0/8', '10.1.2.3', '443', true],
    ['auth.lan', 'AUTH.lan', '443', true],
    ['auth.lan:8443', 'auth.lan', '443', false],
    ['10.0.0.0/8', 'auth.lan', '443', false],
    ['auth.lan', 'evil-auth.lan', '443', false],
  ])('[S25] %s lists %s:%s without a name server: %s', (entry, hostname, port, isListed) => {
    expect(new NetAllow([entry]).lists(hostname, port)).toBe(isListed)
  })
})
