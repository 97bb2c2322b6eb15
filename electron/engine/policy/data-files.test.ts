import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compilePolicy } from './compile.ts'
import { dataText, LIVE_DATA, readDataFiles, type DataFile } from './data-files.ts'
import { countValues } from './data-size.ts'
import { diagnosticsOf } from './diagnostics-of.ts'
import { Toolchain } from './toolchain/toolchain.ts'
import type { Diagnostic } from './toolchain/types.ts'
import { readTestWorkspace, readWorkspace } from './workspace.ts'

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

const file = (path: string, source: string): DataFile => ({ path, source })
const rule = file('a.rego', 'package alert.a\n\nalert contains {"title": data.ioc.names[0]}\n')

/** What a save of these files makes of them: the text of `data`, or why it is refused. */
async function read(...files: DataFile[]): Promise<string | Diagnostic> {
  return readDataFiles(toolchain, files, LIVE_DATA)
    .then(dataText)
    .catch((error: unknown) => diagnosticsOf(error)[0]!)
}

/** Ten levels of ten aliases each. */
const BOMB = `a: &a [${Array.from({ length: 10 }, () => 'l').join()}]\n${Array.from('bcdefghij', (name, i) => {
  const before = 'abcdefghi'[i]!
  return `${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join()}]\n`
}).join('')}`

describe('YAML says what it says to OPA', () => {
  // Recorded from OPA 1.22.2's own loader (`loader.NewFileLoader().All`).
  it.each([
    ['yes and no', 'a: yes\nb: no\nc: on\nd: Off\ne: y', '{"a":"yes","b":"no","c":"on","d":"Off","e":"y"}'],
    ['bases', 'a: 0o7\nb: 07\nc: 0x1F\nd: 0b11\ne: 1_000\nf: 08', '{"a":7,"b":7,"c":31,"d":3,"e":1000,"f":8}'],
    ['merge keys', 'base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3', '{"base":{"x":1,"y":2},"c":{"x":1,"y":3}}'],
    ['a repeated key', 'a: 1\na: 2', '{"a":2}'],
    [
      'times',
      'a: 2001-12-14\nb: 2001-12-14T21:59:43Z\nc: 1:30',
      '{"a":"2001-12-14","b":"2001-12-14T21:59:43Z","c":"1:30"}',
    ],
    ['numbers', 'a: 1.0\nb: 1e3\nc: .5\nd: 12345678901234567890', '{"a":1,"b":1000,"c":0.5,"d":12345678901234567890}'],
    ['nothing', 'a: ~\nb:\nc: null', '{"a":null,"b":null,"c":null}'],
    ['tags', "a: !!str 5\nb: !!int '5'\nc: !foo 5\nd: !!binary aGVsbG8=", '{"a":"5","b":5,"c":"5","d":"hello"}'],
    ['the first of two documents', 'a: 1\n---\na: 2', '{"a":1}'],
    ['an empty file', '', 'null'],
    ['a value that is no object', 'hello', '"hello"'],
    ['blocks of text', 'a: |\n  x\n  y\nb: >-\n  x\n  y', '{"a":"x\\ny\\n","b":"x y"}'],
    ['a byte order mark', '\uFEFFa: 1', '{"a":1}'],
  ])('%s', async (_what, source, json) => {
    expect(await read(file('y/data.yaml', source))).toBe(`{"y":${json}}`)
  })

  it.each([
    ['a mapping within a mapping', 'a: b: c'],
    ['a tab', 'a:\n\tb: 1'],
    ['an infinite number', 'a: .inf'],
    ['a key that is null', 'null: c'],
    ['[B100] aliases that multiply', BOMB],
  ])('%s is refused', async (_what, source) => {
    expect(await read(file('y/data.yaml', source))).toMatchObject({ code: 'data_invalid', file: 'y/data.yaml' })
  })
})

describe('merging', () => {
  it('puts each file at its folder’s path and writes numbers in their shortest form, with all their digits', async () => {
    const text = await read(
      file('data.json', '{"x": {"a": 12345678901234567890}, "__proto__": {"p": 1.0}}'),
      file('x/data.json', '{"b": -0}'),
      file('x/y/data.yml', 'd: 1'),
    )
    expect(text).toBe('{"x":{"a":12345678901234567890,"b":0,"y":{"d":1}},"__proto__":{"p":1}}')
  })

  it.each<[string, DataFile[], string, string]>([
    [
      'two files that fill one place',
      [file('data.json', '{"x": {"a": 1}}'), file('x/data.json', '{"a": 1}')],
      'x/data.json',
      'data.x.a is filled by data.json already: give each place to one file.',
    ],
    [
      'JSON and YAML in one folder',
      [file('x/data.json', '{"a-b": {"c": 1}}'), file('x/data.yaml', 'a-b: []')],
      'x/data.yaml',
      'data.x["a-b"] is filled by x/data.json already: give each place to one file.',
    ],
    [
      'a folder under a value',
      [file('data.json', '{"x": 5}'), file('x/data.json', '{"a": 1}')],
      'x/data.json',
      'data.x is filled by data.json already: give each place to one file.',
    ],
  ])('[B101] names both of %s', async (_what, files, path, message) => {
    expect(await read(...files)).toEqual({ code: 'data_conflict', file: path, message })
  })

  it.each([
    ['a rule', '{"alert": {"a": {"alert": []}}}', 'data.alert.a.alert'],
    ['a package that lies below a value', '{"alert": {"a": 5}}', 'data.alert.a.alert'],
  ])('[B101] names the data file and the rule where %s stands at its place', async (_what, source, path) => {
    const failure: unknown = await compilePolicy(toolchain, {
      sources: [rule],
      dataFiles: [file('other/data.json', '{}'), file('data.json', source)],
    }).catch((error: unknown) => error)
    expect(diagnosticsOf(failure)).toEqual([
      {
        code: 'data_conflict',
        file: 'a.rego',
        row: 3,
        col: 1,
        message: `The rule is at ${path}, which data.json fills: rename one of the two.`,
      },
    ])
  })

  it.each<[string, string, string, Partial<Diagnostic>]>([
    ['text that is no JSON', 'x/data.json', '{\n  "a": [1,]\n}', { row: 2, col: 11 }],
    ['text after the value', 'x/data.json', '{} 2', {}],
    ['an empty file', 'x/data.json', '', {}],
    ['a list at the root', 'data.json', '[]', {}],
    ['nesting beyond 500', 'x/data.json', `${'['.repeat(501)}${']'.repeat(501)}`, {}],
    ['a number beyond a double', 'x/data.json', '[1e400]', {}],
  ])('[B100] refuses %s', async (_what, path, source, place) => {
    expect(await read(file(path, source))).toMatchObject({ code: 'data_invalid', file: path, ...place })
  })
})

describe('limits', () => {
  it('[B102] refuses one file that is too large, all together, and too many values, by name', async () => {
    const long = (bytes: number): string => JSON.stringify('x'.repeat(bytes - 2))
    expect(await read(file('a/data.json', long(4 * 1024 * 1024)))).toBeTypeOf('string')
    for (const files of [
      [file('a/data.json', long(4 * 1024 * 1024 + 1))],
      [file('c/data.json', long(4e6)), file('b/data.json', long(4e6)), file('a/data.json', long(4e5))],
      [file('a/data.json', `[${'1,'.repeat(500_000)}1]`)],
      [file('b/data.json', '{}'), file('a/data.yaml', `a: &a ${JSON.stringify('x'.repeat(1e6))}\nb: [*a, *a, *a, *a]`)],
    ])
      expect(await read(...files)).toMatchObject({
        code: 'data_too_large',
        file: expect.stringContaining('a/data') as string,
      })
  })

  it('counts values outside of strings', () => {
    expect(['1', '[1,2]', '{"a,[{:":"\\",,"}', '[[],{}]'].map(countValues)).toEqual([1, 3, 3, 5])
  })
})

describe('the folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-data-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const save = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }

  it('gives versions the data files, and tests every JSON and YAML file', async () => {
    for (const path of [
      'data.json',
      'ioc/data.yaml',
      'ioc/extra.yml',
      'alert/testdata/a/event.json',
      'alert/testdata/a/data.json',
      'play/test.json',
      'play/output/s1/data.json',
      'node_modules/x/data.json',
    ])
      await save(path, '{}')
    for (const path of ['play/test.rego', 'play/output/x.rego', 'a_test.rego']) await save(path, 'package x\n')
    const names = ({ sources, dataFiles }: Awaited<ReturnType<typeof readWorkspace>>): string[] =>
      [...sources, ...dataFiles].map(({ path }) => path)
    expect(names(await readWorkspace(folder))).toEqual(['a_test.rego', 'play/test.rego', 'data.json', 'ioc/data.yaml'])
    expect(names(await readTestWorkspace(folder))).toEqual([
      'a_test.rego',
      'play/output/x.rego',
      'play/test.rego',
      'alert/testdata/a/data.json',
      'alert/testdata/a/event.json',
      'data.json',
      'ioc/data.yaml',
      'ioc/extra.yml',
      'play/output/s1/data.json',
      'play/test.json',
    ])
  })

  it('[B102] names a file that is too large before it is read', async () => {
    await save('ioc/data.json', `"${'x'.repeat(4 * 1024 * 1024)}"`)
    const failure: unknown = await readWorkspace(folder).catch((error: unknown) => error)
    expect(diagnosticsOf(failure)).toEqual([
      {
        code: 'data_too_large',
        file: 'ioc/data.json',
        message: 'Data files may have 4 MiB each, 8 MiB together, and together 500000 values: make it shorter.',
      },
    ])
    expect((await readTestWorkspace(folder)).dataFiles).toHaveLength(1)
  })
})
