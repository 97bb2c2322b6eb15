import { TocsinError, errorMessage } from '../../../../shared/errors.ts'
import type { Diagnostic, HttpSend } from './types.ts'
import { createWasiHost, ModuleExit, type WasiHost } from './wasi-host.ts'

/** The functions of `go/main.go`. */
export type ToolchainFunction =
  | 'check'
  | 'compile'
  | 'format'
  | 'test'
  | 'prepare'
  | 'eval'
  | 'explain'
  | 'jsonnet'
  | 'version'

export interface Call {
  fn: ToolchainFunction
  /** JSON; what the Go function's request type names. */
  header: object
  body?: Uint8Array | undefined
}

export interface Answer {
  header: unknown
  body: Uint8Array<ArrayBuffer>
}

interface Failure {
  error: string
  diagnostics: Diagnostic[]
}

interface Exports {
  memory: WebAssembly.Memory
  _initialize(): void
  alloc(size: number): number
  call(at: number, size: number): bigint
}

const HEADER_LENGTH_BYTES = 4

/** One running tool chain. Not shared between threads; after `isDead` it must be replaced. */
export class ToolchainInstance {
  readonly #exports: Exports
  readonly #host: WasiHost
  #dead = false

  /** @throws Error when the module is not the tool chain */
  constructor(module: WebAssembly.Module, httpSend?: HttpSend) {
    const host = createWasiHost(module, httpSend)
    // The module is the committed one, by its hash: these are its exports.
    this.#exports = new WebAssembly.Instance(module, host.imports).exports as unknown as Exports
    this.#host = host
    host.attach(this.#exports.memory)
    this.#exports._initialize()
  }

  /** A trap or an exit has left the Go runtime unusable. */
  get isDead(): boolean {
    return this.#dead
  }

  /** Never shrinks. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength
  }

  /**
   * Calls a function of the module and waits for it.
   * @throws TocsinError `policy_invalid` or `jsonnet_invalid` (the sources are wrong), `toolchain_crashed` (out of
   *   stack or memory: the instance is dead) or `toolchain_failed` (a request that the module does not understand),
   *   each with `details.diagnostics`
   */
  call({ fn, header, body }: Call): Answer {
    if (this.#dead) throw new Error('the instance is dead')
    const answer = this.#exchange(encodeFrame({ fn, ...header }, body))
    // Every answer of go/main.go is an object; a failure alone has `error` as text.
    const failure = answer.header as Partial<Failure>
    if (typeof failure.error === 'string') throw failureError(fn, failure.error, failure.diagnostics ?? [])
    return answer
  }

  #exchange(frame: Uint8Array): Answer {
    try {
      const at = this.#exports.alloc(frame.length) >>> 0
      new Uint8Array(this.#exports.memory.buffer, at, frame.length).set(frame)
      const packed = BigInt.asUintN(64, this.#exports.call(at, frame.length))
      return decodeFrame(
        new Uint8Array(this.#exports.memory.buffer, Number(packed >> 32n), Number(packed & 0xffff_ffffn)),
      )
    } catch (error) {
      this.#dead = true
      throw crashError(error, this.#host.stderr())
    }
  }
}

function encodeFrame(header: object, body: Uint8Array = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(headerText(header))
  const frame = new Uint8Array(HEADER_LENGTH_BYTES + text.length + body.length)
  new DataView(frame.buffer).setUint32(0, text.length, true)
  frame.set(text, HEADER_LENGTH_BYTES)
  frame.set(body, HEADER_LENGTH_BYTES + text.length)
  return frame
}

/** Data that is JSON text already goes in as it is. */
function headerText(header: object): string {
  const { data, ...rest } = header as { data?: unknown } // what a request with data has
  if (typeof data !== 'string') return JSON.stringify(header)
  return `${JSON.stringify(rest).slice(0, -1)},"data":${data}}`
}

function decodeFrame(frame: Uint8Array<ArrayBuffer>): Answer {
  const split = HEADER_LENGTH_BYTES + new DataView(frame.buffer, frame.byteOffset).getUint32(0, true)
  const header: unknown = JSON.parse(new TextDecoder().decode(frame.subarray(HEADER_LENGTH_BYTES, split)))
  return { header, body: frame.slice(split) } // slice copies out of the instance's memory
}

function failureError(fn: ToolchainFunction, error: string, diagnostics: Diagnostic[]): TocsinError {
  const first = diagnostics[0]
  if (!first)
    return new TocsinError('toolchain_failed', `The policy tool chain could not ${fn}: ${error}`, {
      details: { diagnostics },
    })
  const code = fn === 'jsonnet' ? 'jsonnet_invalid' : 'policy_invalid'
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : ''
  return new TocsinError(code, `${describeDiagnostic(first)}${more}`, { details: { diagnostics } })
}

/** `action/main.rego:3:5: rego_type_error: undefined function foo` */
export function describeDiagnostic({ file, row, col, code, message }: Diagnostic): string {
  const place = [file, row, col].filter((part) => part !== undefined).join(':')
  return `${place ? `${place}: ` : ''}${code}: ${message}`
}

function crashError(error: unknown, stderr: string): TocsinError {
  const diagnostic = crashDiagnostic(error, stderr)
  return new TocsinError('toolchain_crashed', `The policy tool chain gave up: ${diagnostic.message}`, {
    cause: error,
    details: { diagnostics: [diagnostic] },
  })
}

function crashDiagnostic(error: unknown, stderr: string): Diagnostic {
  if (error instanceof RangeError)
    return { code: 'stack_overflow', message: 'nested too deeply; simplify the source or the input' }
  if (/out of memory|cannot allocate memory/.test(stderr)) {
    return {
      code: 'out_of_memory',
      message: 'more than 1 GiB of memory was needed; make the policy or its input smaller',
    }
  }
  if (error instanceof ModuleExit || error instanceof WebAssembly.RuntimeError) {
    return { code: 'internal', message: stderr.split('\n', 1)[0] || error.message }
  }
  return { code: 'internal', message: errorMessage(error) }
}
