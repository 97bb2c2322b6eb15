import { expect, test } from 'vitest'
import { defang, defangText, observableKind } from './defang.ts'

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

test.each([
  [
    'Fetched http://c2.example.com/x. Then (https://a.b.test:8443/y?z=1).',
    'Fetched hxxp://c2.example[.]com/x. Then (hxxps://a.b[.]test:8443/y?z=1).',
  ],
  ['see www.evil.test/path, or ftp://files.evil.test', 'see www.evil[.]test/path, or ftp://files.evil[.]test'],
  ['HTTP://EVIL.TEST\nhttp://1.2.3.4/a', 'hxxp://EVIL[.]TEST\nhxxp://1.2.3[.]4/a'],
  ['version 1.2.3 of invoice.exe: done', 'version 1.2.3 of invoice.exe: done'],
])('no URL is left in %j', (text, expected) => {
  expect(defangText(text)).toBe(expected)
})
