import type { Diagnostic, FileInfo, SourceFile } from './toolchain/types.ts'

/** A package that the product asks, the rules that it asks for (one of them will do), and what is so without. */
interface Wanted {
  rules: readonly string[]
  without: string
}

const WANTED: Readonly<Record<string, Wanted>> = {
  action: { rules: ['run', 'init', 'exit'], without: 'no action is proposed' },
  'authz.http': { rules: ['deny', 'allow'], without: 'it decides nothing' },
  inspect: { rules: ['inspect'], without: 'nothing is looked up' },
  review: { rules: ['severity'], without: 'every report stays unclassified' },
  emit: { rules: ['run'], without: 'nothing is carried out' },
}

const ALERT: Wanted = { rules: ['alert'], without: 'its events make no alert' }

/** Of the rules that a package has instead. */
const MAX_NAMED = 5

/**
 * Packages that the product asks in vain, because the rule that it asks for has another name there or is not written yet: their
 * result is empty without a word. A package without any rule is one that somebody left for later. Below `alert` a package
 * that other policies name is a library.
 * @param files as they were understood, tests not among them
 */
export function missingRules(files: readonly FileInfo[], sources: readonly SourceFile[]): Diagnostic[] {
  const byPackage = Map.groupBy(files, ({ package: name }) => name)
  return [...byPackage].flatMap(([name, parts]) => {
    const wanted = wantedOf(name)
    const rules = [...new Set(parts.flatMap((part) => part.rules))]
    if (wanted === null || rules.length === 0 || rules.some((rule) => isWanted(wanted, rule))) return []
    if (wanted === ALERT && isNamedElsewhere(name, files, sources)) return []
    const { path } = parts.find((part) => part.rules.length > 0) ?? { path: '' }
    return [
      { code: 'rule_missing', message: messageFor(name, wanted, rules), file: path, row: packageRow(path, sources) },
    ]
  })
}

function wantedOf(name: string): Wanted | null {
  if (Object.hasOwn(WANTED, name)) return WANTED[name] ?? null
  return /^alert[.[]/.test(name) ? ALERT : null
}

/** Names are read in any case, as AlertChain does; `run.x` and `run[x]` are parts of `run`. */
function isWanted({ rules }: Wanted, rule: string): boolean {
  const [first = ''] = rule.toLowerCase().split(/[.[]/)
  return rules.includes(first)
}

function isNamedElsewhere(name: string, files: readonly FileInfo[], sources: readonly SourceFile[]): boolean {
  const own = new Set(files.filter((file) => file.package === name).map(({ path }) => path))
  const evaluated = new Set(files.map(({ path }) => path))
  return sources.some(({ path, source }) => evaluated.has(path) && !own.has(path) && source.includes(`data.${name}`))
}

function messageFor(name: string, wanted: Wanted, has: readonly string[]): string {
  const names = wanted.rules.map((rule) => `"${rule}"`).join(' or ')
  const more = has.length > MAX_NAMED ? ` and ${has.length - MAX_NAMED} more` : ''
  const there = has.slice(0, MAX_NAMED).join(', ')
  return `Package ${name} has no rule ${names}, so ${wanted.without}: docs/POLICIES.md says what it may have. It has ${there}${more}.`
}

function packageRow(path: string, sources: readonly SourceFile[]): number {
  const lines = sources.find((file) => file.path === path)?.source.split('\n') ?? []
  return Math.max(1, lines.findIndex((line) => /^\s*package\b/.test(line)) + 1)
}
