import * as opaWasm from '@open-policy-agent/opa-wasm'
import { NeedsFullEvaluator, textOf, type Builtin, type BuiltinContext } from './builtins/builtin.ts'
import { hostedBuiltins } from './builtins/hosted.ts'
import { encodeJson } from './rego-value.ts'
import { RENAMED_BUILTINS } from './toolchain/types.ts'
import { ValueReader } from './value-text.ts'

/** What a policy compiled by OPA exports (ABI 1.3). Numbers are addresses unless named otherwise. */
interface PolicyExports {
  opa_malloc(bytes: number): number
  opa_json_parse(text: number, bytes: number): number
  opa_json_dump(value: number): number
  opa_value_dump(value: number): number
  opa_eval(
    reserved: 0,
    entrypointId: number,
    data: number,
    input: number,
    inputBytes: number,
    heap: number,
    format: 0 | 1,
  ): number
  builtins(): number
}

/** opa-wasm's policy: it knows the heap, the data and the entrypoints. */
interface LoadedPolicy {
  mem: WebAssembly.Memory
  dataAddr: number
  dataHeapPtr: number
  entrypoints: Record<string, number>
  setData(data: object | ArrayBuffer): void
}

// The class is declared as a named export, but only the default export has it.
const { LoadedPolicy: Loaded } = (
  opaWasm as unknown as {
    default: {
      LoadedPolicy: new (
        instance: WebAssembly.Instance,
        memory: WebAssembly.Memory,
        minorVersion: number,
      ) => LoadedPolicy
    }
  }
).default

/** OPA's ABI minor version with the one-call `opa_eval`. */
const ABI_MINOR = 2
const PAGE_BYTES = 65_536
/** What opa-wasm starts with. */
const INITIAL_PAGES = 5
/** `opa_eval` writes Rego text, in which sets are told from arrays, instead of JSON. */
const FORMAT_REGO = 1

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The name in a compiled policy → OPA's name. */
const originalNames = new Map<string, string>(
  Object.entries(RENAMED_BUILTINS).map(([name, renamed]) => [renamed, name]),
)

/** A compiled policy ended its evaluation with a message of its own (`opa_abort`). */
export class PolicyAbort extends Error {}

/**
 * One instance of a compiled policy in opa-wasm. Host functions and results go through OPA's own value text instead of
 * opa-wasm's JSON: that keeps sets, and integers beyond 2^53, which nanoseconds always are.
 */
export class WasmInstance {
  readonly #memory: WebAssembly.Memory
  readonly #exports: PolicyExports
  readonly #policy: LoadedPolicy
  readonly #builtins: ReadonlyMap<number, Builtin>
  /** What its memory had with the data in it, before the first evaluation. */
  readonly dataBytes: number
  #context: BuiltinContext | undefined

  /**
   * @param data JSON bytes of the data document
   * @param maximumBytes what its memory may grow to; beyond it an evaluation throws
   * @throws Error when the policy asks for a built-in that is not hosted
   */
  constructor(module: WebAssembly.Module, data: Uint8Array<ArrayBuffer>, maximumBytes: number) {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: Math.ceil(maximumBytes / PAGE_BYTES) })
    const instance = new WebAssembly.Instance(module, { env: this.#imports() })
    this.#exports = instance.exports as unknown as PolicyExports // OPA's ABI
    this.#builtins = this.#resolveBuiltins()
    this.#policy = new Loaded(instance, this.#memory, ABI_MINOR)
    this.#policy.setData(data.buffer)
    this.dataBytes = this.memoryBytes
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength
  }

  has(entrypoint: string): boolean {
    return Object.hasOwn(this.#policy.entrypoints, entrypoint)
  }

  /**
   * @param input JSON bytes that were checked (`event-text.ts`)
   * @returns the document in OPA's value text, as the set of its results: `{{"result": …}}`
   * @throws PolicyAbort, NeedsFullEvaluator, or what WebAssembly throws
   */
  evaluate(entrypoint: string, input: Uint8Array, context: BuiltinContext): string {
    const { dataAddr, dataHeapPtr, entrypoints } = this.#policy
    const missing = dataHeapPtr + input.length - this.memoryBytes
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES))
    new Uint8Array(this.#memory.buffer).set(input, dataHeapPtr)
    this.#context = context
    const id = entrypoints[entrypoint] ?? -1
    const heap = dataHeapPtr + input.length
    return this.#textAt(this.#exports.opa_eval(0, id, dataAddr, dataHeapPtr, input.length, heap, FORMAT_REGO))
  }

  #imports(): WebAssembly.ModuleImports {
    const call = (id: number, _context: number, ...operands: number[]): number => this.#callBuiltin(id, operands)
    return {
      memory: this.#memory,
      opa_abort: (address: number) => {
        throw new PolicyAbort(decoder.decode(this.#bytesAt(address)))
      },
      opa_println: () => {},
      opa_builtin0: call,
      opa_builtin1: call,
      opa_builtin2: call,
      opa_builtin3: call,
      opa_builtin4: call,
    }
  }

  #resolveBuiltins(): ReadonlyMap<number, Builtin> {
    const ids = JSON.parse(this.#textAt(this.#exports.opa_json_dump(this.#exports.builtins()))) as Record<
      string,
      number
    >
    const resolved = new Map<number, Builtin>()
    for (const [name, id] of Object.entries(ids)) {
      const builtin = hostedBuiltins.get(originalNames.get(name) ?? name)
      if (builtin) resolved.set(id, builtin)
    }
    return resolved
  }

  /** A host function that fails leaves its expression undefined, as OPA does outside strict mode. */
  #callBuiltin(id: number, addresses: number[]): number {
    const builtin = this.#builtins.get(id)
    if (!builtin || !this.#context) throw new PolicyAbort(`built-in ${id} is not hosted`)
    let text: string
    try {
      const operands = addresses.map((address) =>
        new ValueReader(this.#textAt(this.#exports.opa_value_dump(address))).read(),
      )
      const result = builtin(this.#context, ...operands)
      if (result === undefined) return 0
      text = encodeJson(result)
    } catch (error) {
      // Where JavaScript's stack or strings end, nothing is known of the value.
      if (error instanceof NeedsFullEvaluator || error instanceof RangeError) throw error
      return 0
    }
    const bytes = encoder.encode(text)
    const address = this.#exports.opa_malloc(bytes.length)
    new Uint8Array(this.#memory.buffer).set(bytes, address)
    return this.#exports.opa_json_parse(address, bytes.length)
  }

  /** @throws NeedsFullEvaluator for a string that is no UTF-8 (`base64.decode` makes such), which Go keeps */
  #textAt(address: number): string {
    return textOf(this.#bytesAt(address))
  }

  /** Up to the NUL that ends it. */
  #bytesAt(address: number): Uint8Array {
    const bytes = new Uint8Array(this.#memory.buffer)
    return bytes.subarray(address, bytes.indexOf(0, address))
  }
}
