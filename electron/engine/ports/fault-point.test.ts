import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const SCRIPT = `
import { faultPoint } from ${JSON.stringify(new URL('fault-point.ts', import.meta.url).href)}
for (let pass = 1; pass <= 3; pass += 1) { faultPoint('event:before'); process.stdout.write(String(pass)) }`

function run(fault: string): { signal: string | null; output: string } {
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    env: { ...process.env, TOCSIN_FAULT: fault },
    encoding: 'utf8',
  })
  return { signal, output: stdout }
}

test('kills its process at the named pass, and does nothing otherwise', () => {
  expect(run('event:before')).toEqual({ signal: 'SIGKILL', output: '' })
  expect(run('event:before:3')).toEqual({ signal: 'SIGKILL', output: '12' })
  expect(run('event:after')).toEqual({ signal: null, output: '123' })
  expect(run('')).toEqual({ signal: null, output: '123' })
})
