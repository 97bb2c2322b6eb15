import { expect, test } from 'vitest'
import { normalValue } from './normal-value.ts'

test.each([
  ['ip', ' 10.0.0.1 ', 'ip', '10.0.0.1'],
  ['ipaddr', '2001:DB8:0:0:0:0:0:1', 'ip', '2001:db8::1'],
  ['network.ipv6', '::ffff:192.0.2.7', 'ip', '192.0.2.7'],
  ['ip', '[::1]', 'ip', '::1'],
  ['domain', 'WWW.Example.ORG.', 'domain', 'www.example.org'],
  ['domain-name', 'bücher.example', 'domain', 'xn--bcher-kva.example'],
  ['sha256', 'AB'.repeat(32), 'hash', 'ab'.repeat(32)],
  ['file.hash', 'D41D8CD98F00B204E9800998ECF8427E', 'hash', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['email', 'Ann@Example.Org', 'email', 'ann@example.org'],
  ['file.path', '/tmp//a/../b.exe', 'path', '/tmp/b.exe'],
  ['path', 'C:/Users\\Ann\\..\\Bob\\X.EXE', 'path', 'c:\\users\\bob\\x.exe'],
])('%s %s is %s %s', (type, value, form, normal) => {
  expect(normalValue({ type, value })).toEqual({ form, normal })
})

test.each([
  ['ip', '10.0.0'],
  ['ip', '167772161'],
  ['ip', 'host'],
  ['domain', 'not a name'],
  ['hash', 'abc'],
  ['email', 'nobody'],
  ['path', ''],
  ['text', '10.0.0.1'],
  ['', '10.0.0.1'],
  ['ip', 5],
])('%s %s has no normal form', (type, value) => {
  expect(normalValue({ type, value })).toBeNull()
})
