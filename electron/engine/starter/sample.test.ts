import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sendSample } from './sample.ts'

let base: string

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'tocsin-sample-')))
  for (const folder of ['root', 'elsewhere']) mkdirSync(join(base, folder))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

it.each<[string, () => void]>([
  ['a link', () => symlinkSync(join(base, 'elsewhere'), join(base, 'root', 'tocsin-sample'))],
  [
    'a folder that others may change',
    () => {
      mkdirSync(join(base, 'root', 'tocsin-sample'))
      chmodSync(join(base, 'root', 'tocsin-sample'), 0o777)
    },
  ],
])('[S31] writes the sample into no %s that has the name of its folder', async (_, make) => {
  make()
  const sending = sendSample('http://127.0.0.1:9', 'token', [join(base, 'root')])
  await expect(sending).rejects.toMatchObject({ code: 'sample_not_written' })
  expect(readdirSync(join(base, 'elsewhere'))).toEqual([])
  expect(readdirSync(join(base, 'root', 'tocsin-sample'))).toEqual([])
})
