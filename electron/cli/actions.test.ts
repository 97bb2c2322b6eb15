import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CommandWorld } from '../../tests/fakes/command.ts'
import type { ActionEntry } from '../engine/actions/action-list.ts'

const world = new CommandWorld()
afterAll(() => world.remove())

describe('tocsin actions', () => {
  it('prints one line per action, with effect, undo and arguments', async () => {
    const { code, out, err } = await world.runHere(['actions'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines[0]?.split(/\s+/)).toEqual(['ACTION', 'ORIGIN', 'EFFECT', 'UNDO', 'ARGUMENTS'])
    const line = lines.find((one) => one.startsWith('file.quarantine ')) ?? ''
    expect(line.split(/ {2,}/)).toEqual([
      'file.quarantine',
      'built in',
      'contain',
      'file.restore',
      '[path] [sha256] [files] [allow_hard_links]',
    ])
    expect(out).toMatch(/^http\.fetch +built in +observe with GET or HEAD, else notify +- +method url \[data\]/m)
    expect(out).toMatch(/^chatgpt\.query \(chatgpt\.comment_alert\) /m)
  })

  it('prints all that an action declares as JSON on stdout alone', async () => {
    const { code, out, err } = await world.runHere(['actions', '--format', 'json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const entries = JSON.parse(out) as ActionEntry[]
    expect(entries.find(({ uses }) => uses === 'file.quarantine')).toMatchObject({
      aliases: [],
      origin: 'built in',
      effect: 'contain',
      idempotent: 'no',
      probe: true,
      no_probe: null,
      undo: { uses: 'file.restore', sentence: expect.any(String) as string },
      timeout_s: 300,
      tries: 1,
      secret_args: [],
      locked_args: [],
      schema: { type: 'object', properties: { path: { type: 'string' }, files: { type: 'array', maxItems: 100 } } },
    })
    expect(entries.find(({ uses }) => uses === 'slack.post')).toMatchObject({
      undo: null,
      probe: false,
      no_probe: expect.stringMatching(/\.$/) as string,
      secret_args: ['secret_url'],
    })
  })

  it('lists what a workspace declares beside what is built in, and says where it is wrong', async () => {
    mkdirSync(join(world.folder, 'own/actions'), { recursive: true })
    const page =
      'name: duty.page\nkind: script.run\neffect: notify\ntitle: Page\ntarget: duty\ndoes: Pages.\nscript: { file: page.sh }\n'
    writeFileSync(join(world.folder, 'own/actions/duty.yaml'), page)
    writeFileSync(join(world.folder, 'own/actions/page.sh'), '#!/bin/sh\n')
    const { code, out } = await world.runHere(['actions', '-d', 'own', '--format', 'json'])
    expect(code).toBe(0)
    const entries = JSON.parse(out) as ActionEntry[]
    expect(entries.find(({ uses }) => uses === 'http.fetch')).toMatchObject({ origin: 'built in', declared_in: null })
    expect(entries.at(-1)).toMatchObject({
      uses: 'duty.page',
      origin: 'declared',
      declared_in: 'actions/duty.yaml',
      effect: 'contain until its script is trusted, then notify',
      schema: { type: 'object', properties: {} },
    })
    const { out: table } = await world.runHere(['actions', '-d', 'own'])
    expect(table).toMatch(/^duty\.page +declared +contain until/m)
    writeFileSync(join(world.folder, 'own/actions/duty.yaml'), page.replace('notify', 'destroy'))
    const wrong = await world.runHere(['actions', '-d', 'own'])
    expect(wrong).toMatchObject({ code: 1, out: '' })
    expect(wrong.err).toContain('actions/duty.yaml:3')
    writeFileSync(join(world.folder, 'own/a.rego'), 'package alert.a\n\nalert contains {"title": "A"}\n')
    const checked = await world.runHere(['check', '-d', 'own'])
    expect(checked).toMatchObject({ code: 1, err: expect.stringContaining('actions/duty.yaml:3') as string })
  })

  it('takes a policy folder, and says when it is not there', async () => {
    expect(await world.runHere(['actions', '-d', '.'])).toMatchObject({ code: 0 })
    const missing = await world.runHere(['actions', '-d', 'nowhere'])
    expect(missing).toMatchObject({ code: 1, out: '' })
    expect(missing.err).toMatch(/no policy folder .*nowhere/)
    expect(await world.runHere(['actions', '--format', 'xml'])).toMatchObject({ code: 2, out: '' })
  })
})
