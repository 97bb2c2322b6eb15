import type { JsonValue } from '../../../shared/model/json.ts'
import type { Asked } from '../../../shared/model/views.ts'
import { canonicalJson } from '../forms/canonical.ts'
import { phrase, valueText, type Values } from './explain-sentence.ts'
import { referencesIn, ruleParts, statements, type RuleParts } from './rule-text.ts'
import type { Toolchain } from './toolchain/toolchain.ts'
import type { EvalRequest, ExplainedExpression, ExplainedRule, SourceFile } from './toolchain/types.ts'

/** One rule that held and may have made the element. */
interface Candidate {
  rule: ExplainedRule
  file: SourceFile
  start: number
  parts: RuleParts
  references: string[]
}

/** No text of a policy or an event can hold it: it is drawn anew for every explanation. */
type Marker = string

/**
 * Which rule made one element of a set, and why. OPA's tracer says which rules held and how far the others came; then the
 * rules that held are run once more with a `print` of the element and of all references at their end, which tells them
 * apart and gives the values that this element was made from.
 * @param rule `run`, `alert`
 * @param member the element as JSON
 * @returns null when no rule of that name held
 * @throws what the tool chain throws
 */
export async function explainMember(
  toolchain: Toolchain,
  request: EvalRequest,
  rule: string,
  member: JsonValue,
): Promise<Asked | null> {
  const { rules } = await toolchain.explain({ ...request, print: false })
  const path = rulePath(request.entrypoint, rule)
  const candidates = rules
    .filter((one) => one.succeeded > 0 && one.path === path)
    .flatMap((one) => candidateOf(one, request.files))
  const instrumented = candidates.filter(({ parts }) => parts.element !== '')
  const found =
    (await solutionFor(toolchain, request, instrumented, member)) ??
    // Without values where a reference has a meaning that these few lines of reading missed.
    (await solutionFor(
      toolchain,
      request,
      instrumented.map((one) => ({ ...one, references: [] })),
      member,
    ))
  if (found) return asked(found.candidate, found.values)
  // An array is made by one rule as a whole, which has no single elements to compare.
  const [only, ...others] = candidates.filter((candidate) => !instrumented.includes(candidate))
  return only && others.length === 0 ? asked(only, new Map()) : null
}

/** `alert/my-schema`, `alert` → `data.alert["my-schema"].alert`, as OPA writes it. */
function rulePath(entrypoint: string, rule: string): string {
  const parts = [...entrypoint.split('/'), rule]
  return `data${parts.map((part) => (/^[A-Za-z_]\w*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`)).join('')}`
}

function candidateOf(rule: ExplainedRule, files: readonly SourceFile[]): Candidate[] {
  const file = files.find(({ path }) => path === rule.file)
  if (!file) return []
  const rows = file.source.split('\n')
  const before = rows.slice(0, rule.row - 1).reduce((sum, row) => sum + row.length + 1, 0)
  const start = before + (/^\s*/.exec(rows[rule.row - 1] ?? '')?.[0].length ?? 0)
  const until = rows.slice(0, rule.endRow).reduce((sum, row) => sum + row.length + 1, 0) - 1
  const parts = ruleParts(file.source, start, until)
  // Variables of a comprehension or of `every` have no value outside it.
  const conditions = statements(file.source, parts).filter((one) => !/[[{(].*\||^every\b/.test(one))
  const references = new Set(conditions.flatMap(referencesIn))
  return [{ rule, file, start, parts, references: [...references] }]
}

interface Solution {
  candidate: Candidate
  values: Values
}

/** Runs the candidates with their prints and takes the first line whose element is the member. */
async function solutionFor(
  toolchain: Toolchain,
  request: EvalRequest,
  instrumented: readonly Candidate[],
  member: JsonValue,
): Promise<Solution | null> {
  if (instrumented.length === 0) return null
  const marker: Marker = `${request.seed}:${crypto.randomUUID()}`
  const files = request.files.map((file) => instrument(file, instrumented, marker))
  // A policy with a rule of its own named print, say, does not compile like that.
  const outcome = await toolchain.eval({ ...request, files, print: true }).catch(() => null)
  const wanted = canonicalJson(member)
  for (const { message } of outcome?.prints ?? []) {
    if (!message.startsWith(marker)) continue
    const [index, element, ...values] = message.slice(marker.length + 1).split(` ${marker} `)
    const candidate = instrumented[Number(index)]
    if (!candidate || element === undefined || canonicalJson(parsed(element)) !== wanted) continue
    return { candidate, values: new Map(candidate.references.map((name, i) => [name, parsed(values[i] ?? '')])) }
  }
  return null
}

function parsed(text: string): JsonValue | undefined {
  return text === '' || text === '<undefined>' ? undefined : (JSON.parse(text) as JsonValue) // json.marshal wrote it
}

/** The file with a `print` at the end of each candidate's body, from the last rule to the first. */
function instrument(file: SourceFile, candidates: readonly Candidate[], marker: Marker): SourceFile {
  let source = file.source
  const own = candidates
    .map((candidate, index) => ({ candidate, index }))
    .filter(({ candidate }) => candidate.file === file)
    .sort((a, b) => b.candidate.start - a.candidate.start)
  for (const { candidate, index } of own) {
    const { element, bodyStart, isBraced, end } = candidate.parts
    const separator = JSON.stringify(marker)
    // A line of its own ends a comment behind the term.
    const shown = [element, ...candidate.references].map((term) => `${separator}, json.marshal(${term}\n)`)
    const print = `print(${separator}, "${index}", ${shown.join(', ')})`
    const from = bodyStart < 0 ? end : bodyStart
    const body = isBraced ? source.slice(bodyStart + 1, end - 1) : source.slice(from, end)
    source = `${source.slice(0, from)}${bodyStart < 0 ? ' if ' : ''}{ ${body}\n${print}\n}${source.slice(end)}`
  }
  return { ...file, source }
}

function asked({ rule, file, parts }: Candidate, values: Values): Asked {
  const rows = file.source.split('\n').slice(rule.row - 1, rule.endRow)
  const conditions = statements(file.source, parts).flatMap((statement) => phrase(statement, values) ?? [])
  return {
    rule: rule.path.split('.').at(-1) ?? rule.path,
    file: rule.file,
    row: rule.row,
    endRow: rule.endRow,
    sentence: conditions.length > 0 ? conditions.join(', ') : noCondition(parts),
    lines: rows.map((text, index) => line(rule.row + index, text, rule, values)),
  }
}

function noCondition(parts: RuleParts): string {
  return parts.bodyStart < 0 ? 'always' : 'no condition'
}

function line(row: number, text: string, rule: ExplainedRule, values: Values): Asked['lines'][number] {
  const own = rule.expressions.filter((expression) => coversRow(expression, row))
  const shown = new Set<string>()
  for (const expression of own.filter((one) => one.row === row)) {
    for (const reference of referencesIn(expression.text)) {
      const value = valueText(values.get(reference))
      if (value !== null) shown.add(`${reference} = ${value}`)
    }
  }
  return { row, text, hit: hit(own, row === rule.row), values: [...shown].join(', ') }
}

function coversRow({ row, text }: ExplainedExpression, at: number): boolean {
  return row <= at && at <= row + text.split('\n').length - 1
}

/** Lit: it held at least once; unlit: it was looked at and never held; cold: nothing was evaluated there. */
function hit(expressions: readonly ExplainedExpression[], isHead: boolean): 'lit' | 'unlit' | 'cold' {
  if (expressions.some((one) => one.evaluated > one.failed)) return 'lit'
  if (expressions.some((one) => one.failed > 0)) return 'unlit'
  return isHead ? 'lit' : 'cold'
}
