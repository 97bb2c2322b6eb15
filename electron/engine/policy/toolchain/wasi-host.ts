import { randomFillSync } from 'node:crypto'
import type { HttpSend } from './types.ts'

// Error numbers of wasi_snapshot_preview1.
export const EBADF = 8
const ENOSYS = 52

/** A clock subscription of `poll_oneoff`: its size and the places of its fields. */
const SUBSCRIPTION = { size: 48, tag: 8, timeout: 24, flags: 40, clockTag: 0, absoluteFlag: 1 }

/** What a dying Go program writes first is why; the long trace after it tells nothing more. */
const STDERR_LIMIT = 4096

/** Thrown out of the module when Go's runtime ends the program: a fatal error, such as no more memory. */
export class ModuleExit extends Error {
  override readonly name = 'ModuleExit'
}

export interface WasiHost {
  imports: WebAssembly.Imports
  /** Tells the host where the instance's memory is; before `_initialize`. */
  attach(memory: WebAssembly.Memory): void
  /** The beginning of what the module wrote to standard output and error. */
  stderr(): string
}

const nowNs = (): bigint => BigInt(Math.round(performance.now() * 1e6))

/**
 * The only things that the module can reach: a clock, random bytes, its own standard error and, when given,
 * `http.send`. No file, no directory, no socket, no environment: each such call is answered EBADF. This is the
 * sandbox's wall.
 * @throws Error when the module imports a function that is not known here
 */
export function createWasiHost(module: WebAssembly.Module, httpSend?: HttpSend): WasiHost {
  let memory: WebAssembly.Memory | undefined
  let stderr = ''
  // Views are made anew each time: they detach when the memory grows.
  const buffer = (): ArrayBuffer => {
    if (!memory) throw new Error('called before attach')
    return memory.buffer
  }
  const view = (): DataView => new DataView(buffer())
  const bytes = (from: number, length: number): Uint8Array<ArrayBuffer> => new Uint8Array(buffer(), from >>> 0, length)

  const system: Record<string, (...args: number[]) => number> = {
    args_sizes_get: (count = 0, size = 0) => setNothing(view(), count, size),
    args_get: () => 0,
    environ_sizes_get: (count = 0, size = 0) => setNothing(view(), count, size),
    environ_get: () => 0,
    random_get: (at = 0, length = 0) => {
      randomFillSync(bytes(at, length))
      return 0
    },
    fd_write: (fd = 0, vectors = 0, count = 0, written = 0) => {
      if (fd !== 1 && fd !== 2) return EBADF
      let total = 0
      for (let i = 0; i < count; i++) {
        const at = view().getUint32(vectors + 8 * i, true)
        const length = view().getUint32(vectors + 8 * i + 4, true)
        if (stderr.length < STDERR_LIMIT) stderr += new TextDecoder().decode(bytes(at, length))
        total += length
      }
      view().setUint32(written, total, true)
      return 0
    },
    sched_yield: () => 0,
    proc_exit: (code = 0) => {
      throw new ModuleExit(`exit ${code}: ${stderr.split('\n', 1)[0]}`)
    },
    poll_oneoff: (subscriptions = 0, events = 0, count = 0, made = 0) =>
      pollClock(view(), subscriptions, events, count, made),
  }
  // Its second argument is a bigint, which the others have none of.
  const clock_time_get = (id: number, _precision: bigint, out: number): number => {
    view().setBigUint64(out, id === 0 ? BigInt(Date.now()) * 1_000_000n : nowNs(), true)
    return 0
  }

  const refused = (): number => EBADF
  const imports: WebAssembly.Imports = {}
  for (const wanted of WebAssembly.Module.imports(module)) {
    const group = (imports[wanted.module] ??= {})
    if (wanted.module === 'wasi_snapshot_preview1') {
      const found = wanted.name === 'clock_time_get' ? clock_time_get : system[wanted.name]
      if (!found && !/^(fd|path|sock)_/.test(wanted.name)) throw new Error(`unknown system call ${wanted.name}`)
      group[wanted.name] = found ?? refused
    }
  }
  imports['tocsin'] = httpImports(bytes, httpSend)
  return {
    imports,
    attach(attached) {
      memory = attached
    },
    stderr: () => stderr,
  }
}

function setNothing(view: DataView, count: number, size: number): number {
  view.setUint32(count, 0, true)
  view.setUint32(size, 0, true)
  return 0
}

/** Go's timers: waits for the nearest clock. Nothing else can be waited for. */
function pollClock(view: DataView, subscriptions: number, events: number, count: number, made: number): number {
  let nearest: { waitNs: bigint; userdata: bigint } | undefined
  for (let i = 0; i < count; i++) {
    const at = subscriptions + SUBSCRIPTION.size * i
    if (view.getUint8(at + SUBSCRIPTION.tag) !== SUBSCRIPTION.clockTag) return ENOSYS
    let waitNs = view.getBigUint64(at + SUBSCRIPTION.timeout, true)
    if (view.getUint16(at + SUBSCRIPTION.flags, true) & SUBSCRIPTION.absoluteFlag) waitNs -= nowNs()
    if (!nearest || waitNs < nearest.waitNs) nearest = { waitNs, userdata: view.getBigUint64(at, true) }
  }
  if (!nearest) return ENOSYS
  if (nearest.waitNs > 0n) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(nearest.waitNs) / 1e6)
  view.setBigUint64(events, nearest.userdata, true)
  view.setUint16(events + 8, 0, true)
  view.setUint8(events + 10, SUBSCRIPTION.clockTag)
  view.setUint32(made, 1, true)
  return 0
}

/** `http_send` keeps its answer until `http_take` copies it to where the module made room. */
function httpImports(
  bytes: (from: number, length: number) => Uint8Array<ArrayBuffer>,
  httpSend: HttpSend | undefined,
): WebAssembly.ModuleImports {
  let answer = new Uint8Array()
  return {
    http_send: (at: number, length: number): number => {
      answer = new TextEncoder().encode(JSON.stringify(askHttp(new TextDecoder().decode(bytes(at, length)), httpSend)))
      return answer.length
    },
    http_take: (at: number): void => {
      bytes(at, answer.length).set(answer)
      answer = new Uint8Array()
    },
  }
}

function askHttp(request: string, httpSend: HttpSend | undefined): { response: unknown } | { error: string } {
  if (!httpSend) return { error: 'http.send is not available here' }
  try {
    return { response: httpSend(JSON.parse(request)) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
