/** One Rego file. `path` is workspace-relative with forward slashes and is what diagnostics name. */
export interface SourceFile {
  path: string
  source: string
}

/**
 * What is wrong, and where. `code` is the tool's own word: `rego_parse_error`, `rego_compile_error`,
 * `rego_type_error`, `rego_unsafe_var_error`, `rego_recursion_error`, `eval_conflict_error`, `eval_builtin_error`,
 * `eval_cancel_error` (deadline), `jsonnet_error`. Rows and columns count from 1.
 */
export interface Diagnostic {
  code: string
  message: string
  file?: string
  row?: number
  col?: number
}

/** `details` of every `TocsinError` that blames the given sources (`policy_invalid`, `jsonnet_invalid`). */
export interface DiagnosticDetails {
  diagnostics: Diagnostic[]
}

export type RegoVersion = 'v0' | 'v1'

/** `wasm`: compiled, runs in opa-wasm. `full`: needs OPA's own evaluator, `FullEvaluator`. */
export type EvaluatorKind = 'wasm' | 'full'

/** A JSON document as it is read: the root of `data`. */
export type DataDocument = Record<string, unknown>

/** A file as it was understood. `rules` are the names (references) of its rules and functions, sorted. */
export interface FileInfo {
  path: string
  regoVersion: RegoVersion
  /** Without `data.`: `alert.aws_guardduty`, `alert["my-schema"]`. */
  package: string
  rules: string[]
}

/** A package over all its files. `action` with one of both uses the init/run/exit loop. */
export interface PackageInfo {
  package: string
  definesInit: boolean
  definesExit: boolean
}

export interface CheckRequest {
  files: SourceFile[]
  /** As JSON text it keeps numbers that a double cannot hold. */
  data?: DataDocument | string
  /** Built-ins that only `authz` packages may use although policies in general may not: `['http.send']` or nothing. */
  allow?: string[]
}

export interface CheckResult {
  files: FileInfo[]
  packages: PackageInfo[]
}

export interface CompileRequest extends CheckRequest {
  /** Only checked against the rules: the compiled policy's host sets it (`setData`). */
  data: DataDocument | string
  /**
   * The built-ins the opa-wasm host answers exactly, by OPA's name; those that a compiled policy carries itself are
   * known to the tool chain. Some are called by another name in the compiled policy: `RENAMED_BUILTINS`.
   */
  hosted: string[]
  /** `print` calls stay in the compiled policy, which then needs the built-in `internal.print` of its host. */
  print: boolean
  /** Instead of those found: `alert.*`, `action`, `authz.http`, `inspect`, `review`, `emit`. As paths: `alert/aws`. */
  entrypoints?: string[]
}

/**
 * Built-ins for which a compiled policy or opa-wasm has functions of its own, inexact ones, that it prefers to its host's.
 * A compiled policy asks for them under these names instead, which no policy can spell; also for those that only
 * `hosted` may come to name.
 */
export const RENAMED_BUILTINS = {
  sprintf: 'tocsin:sprintf',
  'regex.split': 'tocsin:regex_split',
  'yaml.is_valid': 'tocsin:yaml_is_valid',
  'yaml.marshal': 'tocsin:yaml_marshal',
  'yaml.unmarshal': 'tocsin:yaml_unmarshal',
  'json.marshal': 'tocsin:json_marshal',
  'json.unmarshal': 'tocsin:json_unmarshal',
  'json.is_valid': 'tocsin:json_is_valid',
  'base64url.decode': 'tocsin:base64url_decode',
} as const

export interface EntrypointInfo {
  /** `alert/aws_guardduty`, `alert/my-schema`, `action`: a path, never spliced into a query. */
  path: string
  evaluator: EvaluatorKind
  /** Why `full`: built-ins that are not hosted (`io.jwt.decode`), or with more words: `sprintf (a set may reach it)`. Sorted. */
  reasons: string[]
}

/** A name that a policy asks its surroundings for, and the first place in a file where it does. */
export interface Reference {
  name: string
  file: string
  row: number
}

/** What the packages with `env` read (`action`, `authz.http`, `inspect`, `review`, `emit`) and name; a name that is only known when the policy runs is `computed`. */
export interface References {
  /** Variables of `input.env`. */
  env: Reference[]
  /** Actions, by `uses`. */
  uses: Reference[]
  /** Named by what is computed: `input.env`, `uses`. */
  computed: Reference[]
  /** Whether the action policy may read `input.alert.raw`. */
  readsRaw: boolean
}

/** One rule of those that make a document of alerts or actions. */
export interface DecidingRule {
  file: string
  row: number
  endRow: number
  /** The title of its METADATA, where no other of these rules has it; else its number in its file, from 1. */
  label: string
  isDefault: boolean
}

/** The rules that make one document of an entrypoint: `alert` of `alert/aws`, `run` of `action`. */
export interface DecidingRules {
  entrypoint: string
  document: string
  /** By file and place. `default alert := []`, which makes nothing, is none. */
  rules: DecidingRule[]
  /**
   * The entrypoint that evaluates each of several rules by itself: an object of what they give, `rule:<index>` each. ''
   * where one rule is all there is, or where more than the rules of this very name make the document.
   */
  byRule: string
}

export interface CompileResult extends CheckResult {
  /** One policy with all entrypoints whose evaluator is `wasm`; null when there is none. */
  wasm: Uint8Array<ArrayBuffer> | null
  /** Sorted by path. */
  entrypoints: EntrypointInfo[]
  /** What the compiled policy may ask of its host, sorted; values of `RENAMED_BUILTINS`, `internal.print` among them. */
  requiredBuiltins: string[]
  references: References
  /** Of `alert/*`, `action` and `emit`. */
  decidingRules: DecidingRules[]
}

export interface FormatResult {
  source: string
  regoVersion: RegoVersion
}

export interface TestRequest extends CheckRequest {
  coverage?: boolean
  /** A regular expression on `data.<package>.<rule>`; only matching tests run. */
  filter?: string
}

export interface TestCase {
  package: string
  name: string
  file: string
  row: number
  outcome: 'pass' | 'fail' | 'skip' | 'error'
  durationMs: number
  /** What the test printed. */
  output: string
  /** `fail`: the expression that was false or undefined; `error`: what stopped it. */
  cause?: Diagnostic
}

export interface CoverageRange {
  start: { row: number; col: number }
  end: { row: number; col: number }
}

export interface FileCoverage {
  path: string
  covered: CoverageRange[]
  notCovered: CoverageRange[]
  /** 0 to 100. */
  percent: number
}

export interface TestResult {
  tests: TestCase[]
  coverage?: FileCoverage[]
}

export interface PrintLine {
  message: string
  file: string
  row: number
}

export interface EvalOptions {
  /** What `time.now_ns()` gives. */
  nowNs: bigint
  /** What `uuid.rfc4122` and `rand.intn` draw from, each value by its key (`go/seed.go`). */
  seed: string
  /** Looked at while evaluating; past it the error's code is `eval_cancel_error`. */
  timeoutMs: number
  /** Whether `print` lines are returned. */
  print: boolean
}

/** An evaluation's answer; an error in the policy is a value here, not thrown. */
export interface EvalOutcome {
  /** JSON text: sets as arrays in OPA's canonical order, number text kept. `undefined` where the document is undefined. */
  result: string | undefined
  prints: PrintLine[]
  error: Diagnostic | undefined
}

export interface EvalRequest extends CheckRequest, EvalOptions {
  /** A path as in `EntrypointInfo`. */
  entrypoint: string
  /** JSON bytes, UTF-8; `undefined` leaves `input` undefined. */
  input: Uint8Array | undefined
}

/** One expression of a rule. A rule is entered once per evaluation; an expression once per candidate. */
export interface ExplainedExpression {
  row: number
  col: number
  text: string
  evaluated: number
  failed: number
  /** Values at up to three failures: source text of the variable or reference, and its value as Rego text. */
  samples: Record<string, string>[]
}

export interface ExplainedRule {
  /** `data.alert.aws_guardduty.alert` */
  path: string
  file: string
  row: number
  endRow: number
  entered: number
  /** How often the whole body held. 0: `stoppedAt` says which expression was the last to fail. */
  succeeded: number
  stoppedAt?: { row: number; text: string }
  /** The author's variables at up to three successes. */
  solutions: Record<string, string>[]
  /** In source order. */
  expressions: ExplainedExpression[]
}

export interface ExplainOutcome extends EvalOutcome {
  rules: ExplainedRule[]
}

export interface JsonnetRequest {
  path: string
  source: string
  /** All files an `import` or `importstr` can reach, by path; there is no other file system. */
  imports?: Record<string, string>
  extVars?: Record<string, string>
  topLevelArguments?: Record<string, string>
}

/** `policytools.json`, beside the compressed module. */
export interface ToolchainInfo {
  /** Of the raw module: the compiler's hash in a policy version, the build hash in a decision. */
  sha256: string
  compressedSha256: string
  sizeBytes: number
  go: string
  opa: string
  jsonnet: string
}

/** Answers `http.send` for an `authz` policy in the full evaluator; throws when the request fails. */
export type HttpSend = (request: unknown) => unknown
