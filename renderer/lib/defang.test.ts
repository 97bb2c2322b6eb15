import { expect, test } from 'vitest'
import { defang, observableKind } from './defang.ts'

test.each([
  ['http://c2.example.com/x?y=1', '', 'hxxp://c2.example[.]com/x?y=1'],
  ['HTTPS://user@evil.test:8443', '', 'hxxpS://user@evil[.]test:8443'],
  ['c2.example.com', 'domain', 'c2.example[.]com'],
  ['ana@example.com', '', 'ana@example[.]com'],
  ['javascript://x.test/%0aalert(1)', '', 'javascript://x[.]test/%0aalert(1)'],
  ['198.51.100.23', 'ipaddr', '198.51.100.23'],
  ['invoice.exe', 'file', 'invoice.exe'],
  ['/srv/upload/invoice.exe', 'path', '/srv/upload/invoice.exe'],
])('%s (%s) becomes %s', (value, type, expected) => {
  expect(defang(value, observableKind(value, type))).toBe(expected)
})
