import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { deskCommand } from './desk-command.ts'

test.skipIf(process.platform === 'win32')('a shell reads both folders as they are', () => {
  const [data, policies] = ["/srv/ana's $HOME `x`/t o", String.raw`/srv/"q"/\n;rm`]
  const command = deskCommand(data, policies, 'linux').replace('npx tocsin', String.raw`printf '%s\n'`)
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(`desk\n--data\n${data}\n-d\n${policies}\n`)
})

test('in Windows shells a path stands in double quotes', () => {
  expect(deskCommand(String.raw`C:\Users\Ana B\Tocsin`, String.raw`D:\p`, 'win32')).toBe(
    String.raw`npx tocsin desk --data "C:\Users\Ana B\Tocsin" -d "D:\p"`,
  )
})
