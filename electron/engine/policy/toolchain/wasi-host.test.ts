import { expect, it } from 'vitest'
import { createWasiHost, EBADF, ModuleExit } from './wasi-host.ts'
import { loadToolchainModule } from './toolchain.ts'

/** All that the module may do; every other system call it imports is one on files or sockets. */
const ANSWERED = [
  'args_get',
  'args_sizes_get',
  'clock_time_get',
  'environ_get',
  'environ_sizes_get',
  'fd_write',
  'poll_oneoff',
  'proc_exit',
  'random_get',
  'sched_yield',
]

async function systemCalls() {
  const host = createWasiHost(await loadToolchainModule())
  host.attach(new WebAssembly.Memory({ initial: 1 }))
  return host.imports['wasi_snapshot_preview1'] as Record<string, (...args: unknown[]) => number> // functions only
}

it('answers every file and socket call with EBADF', async () => {
  const calls = await systemCalls()
  const others = Object.keys(calls).filter((name) => !ANSWERED.includes(name))
  expect(others).toContain('path_open')
  expect(others).toContain('fd_read')
  expect(others.map((name) => [name, calls[name]!(3, 0, 0, 0)])).toEqual(others.map((name) => [name, EBADF]))
})

it('writes to standard output and error only', async () => {
  const calls = await systemCalls()
  expect(calls['fd_write']!(3, 0, 0, 0)).toBe(EBADF)
  expect(calls['fd_write']!(2, 0, 0, 8)).toBe(0)
})

it('has no environment and no arguments', async () => {
  const host = createWasiHost(await loadToolchainModule())
  const memory = new WebAssembly.Memory({ initial: 1 })
  new DataView(memory.buffer).setBigUint64(0, 0xffff_ffff_ffff_ffffn)
  host.attach(memory)
  const calls = host.imports['wasi_snapshot_preview1'] as Record<string, (...args: number[]) => number> // functions only
  expect(calls['environ_sizes_get']!(0, 4)).toBe(0)
  expect(new DataView(memory.buffer).getBigUint64(0)).toBe(0n)
})

it('turns an exit into an exception', async () => {
  const calls = await systemCalls()
  expect(() => calls['proc_exit']!(2)).toThrow(ModuleExit)
})

it('refuses a module that wants a system call it does not know', async () => {
  // (module (import "wasi_snapshot_preview1" "proc_raise" (func)))
  const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)]
  const body = [1, ...name('wasi_snapshot_preview1'), ...name('proc_raise'), 0, 0]
  const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, body.length, ...body])
  const module = await WebAssembly.compile(bytes)
  expect(() => createWasiHost(module)).toThrow('unknown system call proc_raise')
})
