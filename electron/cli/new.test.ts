import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { CommandWorld } from '../../tests/fakes/command.ts'

const world = new CommandWorld()
afterEach(() => world.killAll())
afterAll(() => world.remove())

const at = (...path: string[]): string => join(world.folder, ...path)

describe('new', () => {
  it('makes a workspace that plays and tests green as it is', async () => {
    mkdirSync(at('fresh'))
    const made = await world.run(['new', '-d', 'fresh'])
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('make test') as string })
    expect(made.out.split('\n')).toEqual(
      expect.arrayContaining([
        '.gitignore',
        'Makefile',
        'policy/action/main.rego',
        'scenario/my_first_scenario.jsonnet',
      ]),
    )
    const folders = ['-d', 'fresh/policy', '-s', 'fresh/scenario', '-o', 'fresh/policy/play/output']
    expect(await world.run(['play', ...folders])).toMatchObject({ code: 0, out: '' })
    const tested = await world.run(['test', '-d', 'fresh/policy'])
    expect(tested).toMatchObject({ code: 0, err: '3 passed, 0 failed, 0 in error, 0 skipped\n' })
    expect(await world.run(['fmt', '-d', 'fresh/policy'])).toMatchObject({ code: 0, out: '' })
  })

  it('proposes only what it has mocked, by the names that actions have', async () => {
    const { results } = JSON.parse(
      readFileSync(at('fresh/policy/play/output/my_first_scenario/data.json'), 'utf8'),
    ) as {
      results: { actions: { uses: string }[] }[]
    }
    expect(results.map(({ actions }) => actions.map(({ uses }) => uses))).toEqual([
      ['github.create_issue'],
      ['github.create_comment'],
    ])
  })

  it('overwrites nothing unless it is told to, and names what is there', async () => {
    mkdirSync(at('taken'))
    writeFileSync(at('taken/Makefile'), 'mine')
    writeFileSync(at('elsewhere'), 'not touched')
    symlinkSync(at('elsewhere'), at('taken/.gitignore'))
    const refused = await world.runHere(['new', '-d', 'taken'])
    expect(refused).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/: Makefile, \.gitignore\n$/) as string,
    })
    expect(readFileSync(at('taken/Makefile'), 'utf8')).toBe('mine')
    expect(existsSync(at('taken/policy'))).toBe(false)

    expect((await world.runHere(['new', '-d', 'taken', '--force'])).code).toBe(0)
    expect(readFileSync(at('taken/Makefile'), 'utf8')).toContain('play')
    expect(lstatSync(at('taken/.gitignore')).isSymbolicLink()).toBe(false)
    expect(readFileSync(at('elsewhere'), 'utf8')).toBe('not touched')
  })

  it('[S31] writes nothing through a link in the folder', async () => {
    mkdirSync(at('linked'))
    mkdirSync(at('somebody/alert'), { recursive: true })
    writeFileSync(at('somebody/alert/main.rego'), 'not touched')
    symlinkSync(at('somebody'), at('linked/policy'))
    const refused = await world.runHere(['new', '-d', 'linked', '--force'])
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('cannot be written') as string })
    expect(readFileSync(at('somebody/alert/main.rego'), 'utf8')).toBe('not touched')
  })

  it('works in the present folder, and says where it cannot', async () => {
    writeFileSync(at('a-file'), '')
    expect(await world.runHere(['new', '-d', 'a-file/below'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot be written') as string,
    })
    expect((await world.runHere(['new'])).code).toBe(0)
    expect(existsSync(at('policy/alert/main.rego'))).toBe(true)
  })
})
