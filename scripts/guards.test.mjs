import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from './lib/project.mjs'

/** A small project under our own rules, to see that they refuse what they should. */
let folder
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-guards-'))
  for (const file of ['.dependency-cruiser.cjs', '.oxlintrc.json', 'tsconfig.json', 'scripts/lint']) {
    cpSync(join(ROOT, file), join(folder, file), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

function tool(path, ...args) {
  const script = join(ROOT, 'node_modules', path)
  return spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' })
}

describe('import zones', () => {
  it('refuses every import that a zone forbids', () => {
    write({
      'electron/bridge/b.ts': `import { c } from './c.ts'\nexport const b = c`,
      'electron/bridge/c.ts': `import type { b } from './b.ts'\nexport const c: typeof b = 1`,
      'electron/engine/a.ts': [
        `import type { App } from 'electron'`,
        `import Database from 'better-sqlite3'`,
        `import type { b } from '../bridge/b.ts'`,
        `import { gone } from './gone.ts'`,
        `export type A = App | typeof b\nexport const a = [Database, gone]`,
      ].join('\n'),
      'electron/engine/store/fine.ts': `import Database from 'better-sqlite3'\nexport const fine = Database`,
      'electron/shell/s.ts': `import { fine } from '../engine/store/fine.ts'\nexport const s = fine`,
      'electron/preload.ts': `import { z } from 'zod'\nexport const p = z`,
      'shared/s.ts': `import { readFile } from 'node:fs'\nexport const s = readFile`,
      'shared/t.ts': `import { p } from '../electron/preload.ts'\nexport const t = p`,
      'renderer/r.ts': `import { b } from '../electron/bridge/b.ts'\nimport 'node:path'\nexport const r = b`,
    })
    const options = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json']
    const cruiser = 'dependency-cruiser/bin/dependency-cruiser.mjs'
    const { stdout } = tool(cruiser, ...options, 'electron', 'renderer', 'shared')
    const broken = JSON.parse(stdout).summary.violations.map(({ rule, from }) => `${from}: ${rule.name}`)
    expect([...new Set(broken)].toSorted()).toEqual([
      'electron/bridge/b.ts: no-circular',
      'electron/engine/a.ts: engine-knows-no-host',
      'electron/engine/a.ts: only-shell-imports-electron',
      'electron/engine/a.ts: resolvable',
      'electron/engine/a.ts: sql-in-the-store',
      'electron/preload.ts: preload-is-small',
      'electron/shell/s.ts: shell-touches-no-engine',
      'renderer/r.ts: renderer-has-no-node',
      'renderer/r.ts: renderer-knows-shared-only',
      'shared/s.ts: shared-has-no-node',
      'shared/s.ts: shared-stands-alone',
      'shared/t.ts: shared-stands-alone',
    ])
  })
})

describe('lint', () => {
  it('[S21] refuses SQL that is built of values', () => {
    write({
      'electron/sql.ts': [
        `interface Db { prepare(sql: string): void; exec(sql: string): void }`,
        `const COLUMNS = 'a, b'`,
        `export function read(db: Db, name: string): void {`,
        `  db.prepare('SELECT a FROM t WHERE name = ?')`,
        '  db.prepare(`SELECT ${COLUMNS} FROM t`)',
        `  db.exec('SELECT ' + COLUMNS)`,
        '  db.prepare(`SELECT a FROM ${name}`) // bad',
        `  db.exec('SELECT a FROM ' + name) // bad`,
        '  void /x/.exec(`${name}`)',
        `}`,
      ].join('\n'),
    })
    expect(linesWith('tocsin(no-sql-template)')).toEqual([7, 8])
  })

  it('[S1] refuses keys that weaken a window (items 6, 8 to 10)', () => {
    write({
      'electron/window.ts': [
        `export const preferences = {`,
        `  sandbox: true,`,
        `  webSecurity: false,`,
        `  allowRunningInsecureContent: true,`,
        `  'experimentalFeatures': true,`,
        `  enableBlinkFeatures: 'x',`,
        `}`,
      ].join('\n'),
    })
    expect(linesWith('tocsin(no-insecure-web-preference)')).toEqual([3, 4, 5, 6])
  })

  it('refuses a promise that nobody awaits and a union member that nobody handles', () => {
    write({
      'electron/types.ts': [
        `export function f(kind: 'a' | 'b'): void {`,
        `  Promise.resolve(kind)`,
        `  switch (kind) {`,
        `    case 'a':`,
        `      return`,
        `  }`,
        `}`,
      ].join('\n'),
    })
    expect(linesWith('typescript(no-floating-promises)')).toEqual([2])
    expect(linesWith('typescript(switch-exhaustiveness-check)')).toEqual([3])
  })

  function linesWith(rule) {
    const { stdout } = tool('oxlint/bin/oxlint', '--format', 'json', 'electron')
    const found = JSON.parse(stdout).diagnostics.filter(({ code }) => code === rule)
    return found.map(({ labels }) => labels[0].span.line).toSorted((a, b) => a - b)
  }
})
