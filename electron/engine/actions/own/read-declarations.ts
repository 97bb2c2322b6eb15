import { createHash } from 'node:crypto'
import { LineCounter, parseAllDocuments, isMap, isNode, type Document } from 'yaml'
import type { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { Diagnostic, DiagnosticDetails, SourceFile } from '../../policy/toolchain/types.ts'
import { declaration, type Declaration, type DeclaredAction } from './declaration.ts'
import { faultsOf, type Fault } from './declaration-faults.ts'
import { DECLARATION_FILE, scriptPath } from './own-files.ts'

/** YAML repeats what an alias stands for: this many are far beyond any declaration. */
const MAX_ALIASES = 20

interface Place {
  file: string
  document: Document.Parsed
  lines: LineCounter
}

interface Found extends Place {
  declared: Declaration
}

/**
 * Reads every declaration of a workspace.
 * @param files of the folder `actions/`: declarations and the scripts that they name
 * @returns them in the order of their files, complete
 * @throws TocsinError `policy_invalid` with one diagnostic, file and line, for everything that is wrong
 */
export function readDeclarations(files: readonly SourceFile[]): DeclaredAction[] {
  const diagnostics: Diagnostic[] = []
  const found = files
    .filter(({ path }) => DECLARATION_FILE.test(path))
    .flatMap((file) => readFile(file, (diagnostic) => diagnostics.push(diagnostic)))
  const byName = new Map(found.map(({ declared }) => [declared.name, declared]))
  for (const one of found) {
    const faults = faultsOf(one.declared, byName)
    if (byName.get(one.declared.name) !== one.declared)
      faults.push({ path: ['name'], message: `${one.declared.name} is declared twice` })
    diagnostics.push(...faults.map((fault) => diagnosticOf(one, fault)))
  }
  const complete = found.map((one) => completed(one, files, (diagnostic) => diagnostics.push(diagnostic)))
  if (diagnostics.length === 0) return complete
  const details: DiagnosticDetails = { diagnostics }
  throw new TocsinError('policy_invalid', diagnostics[0]?.message ?? '', { details })
}

function readFile({ path, source }: SourceFile, report: (diagnostic: Diagnostic) => void): Found[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(source, { lineCounter: lines, merge: false, uniqueKeys: true })
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document) => {
    const place: Place = { file: path, document, lines }
    for (const error of [...document.errors, ...document.warnings]) {
      const { line, col } = lines.linePos(error.pos[0])
      report({ code: 'action_invalid', message: firstLine(error.message), file: path, row: line, col })
    }
    if (document.errors.length > 0 || document.contents === null) return []
    try {
      const parsed = declaration.safeParse(document.toJS({ maxAliasCount: MAX_ALIASES }))
      if (parsed.success) return [{ ...place, declared: parsed.data }]
      for (const issue of parsed.error.issues) report(diagnosticOf(place, faultOf(document, issue)))
    } catch {
      report(diagnosticOf(place, { path: [], message: `has more than ${MAX_ALIASES} aliases` }))
    }
    return []
  })
}

/** A script's declaration with the hash of what it names. */
function completed(
  found: Found,
  files: readonly SourceFile[],
  report: (diagnostic: Diagnostic) => void,
): DeclaredAction {
  const { declared, file } = found
  if (declared.kind === 'http') return { ...declared, declaredIn: file }
  const script = files.find(({ path }) => path === scriptPath(declared.script.file))
  const fault = (message: string): void => report(diagnosticOf(found, { path: ['script', 'file'], message }))
  if (script === undefined) fault(`there is no file ${scriptPath(declared.script.file)}`)
  else if (!script.source.startsWith('#!')) fault('the script does not begin with #! and its interpreter')
  const sha256 = createHash('sha256')
    .update(script?.source ?? '')
    .digest('hex')
  return { ...declared, declaredIn: file, sha256 }
}

/** @returns the scripts that declarations name, as far as they can be read: what is wrong is said by `readDeclarations` */
export function namedScripts(files: readonly SourceFile[]): string[] {
  const found = files.flatMap((file) => readFile(file, () => {}))
  return found.flatMap(({ declared }) => (declared.kind === 'script.run' ? [scriptPath(declared.script.file)] : []))
}

function faultOf(document: Document.Parsed, issue: z.core.$ZodIssue): Fault {
  const path = issue.path.filter((part) => typeof part !== 'symbol')
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    return { path: [...path, key], message: `there is no ${issue.keys.join(', ')} here` }
  }
  if (issue.code === 'invalid_key')
    return { path, message: `${path.at(-1)} ${issue.issues[0]?.message ?? 'is no name'}` }
  if (path.length > 0 && !document.hasIn(path)) return { path, message: `${path.join('.')} is missing` }
  if (issue.code === 'invalid_union' && path.at(-1) === 'kind') return { path, message: 'kind is http or script.run' }
  return { path, message: `${path.join('.') || 'the declaration'}: ${issue.message}` }
}

function diagnosticOf({ file, document, lines }: Place, { path, message }: Fault): Diagnostic {
  const { line, col } = lines.linePos(offsetOf(document, path))
  return { code: 'action_invalid', message, file, row: line, col }
}

/** Where in the text a place is; of one that is missing, where its nearest parent is. */
function offsetOf(document: Document.Parsed, path: Fault['path']): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true)
    if (!isMap(parent)) continue
    const pair = parent.items.find(({ key }) => isNode(key) && String(key) === String(path[depth - 1]))
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0]
  }
  return isNode(document.contents) && document.contents.range ? document.contents.range[0] : 0
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? text
}
