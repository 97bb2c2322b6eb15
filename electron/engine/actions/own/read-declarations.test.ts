import { describe, expect, it } from 'vitest'
import { TocsinError } from '../../../../shared/errors.ts'
import { diagnosticsOf } from '../../policy/diagnostics-of.ts'
import { namedScripts, readDeclarations } from './read-declarations.ts'

const PING = `name: lab.ping
kind: http
effect: observe
title: Ping {host}
target: "{host}"
does: Asks the lab whether {host} is up.
args:
  host: { description: Name of the host }
request:
  method: GET
  url: https://lab.example/ping/{host}
`

const SCRIPT = `name: lab.wipe
kind: script.run
effect: contain
title: Wipe {host}
target: "{host}"
does: Wipes it.
no_undo: It is gone.
args:
  host: { description: Name of the host }
script: { file: wipe.sh }
`

const SHELL = { path: 'actions/wipe.sh', source: '#!/bin/sh\n' }

function faults(yaml: string, ...more: { path: string; source: string }[]): string[] {
  try {
    readDeclarations([{ path: 'actions/lab.yaml', source: yaml }, ...more])
    return []
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error
    expect(error.code).toBe('policy_invalid')
    return diagnosticsOf(error).map(({ file, row, col, message }) => `${file}:${row}:${col} ${message}`)
  }
}

/** The declaration with one line in place of another. */
const but = (from: string, to: string, yaml = PING): string => {
  expect(yaml).toContain(from)
  return yaml.replace(from, to)
}

describe('a declaration', () => {
  it('is read with what it leaves out, and where it stands', () => {
    const [action, ...others] = readDeclarations([{ path: 'actions/lab.yaml', source: PING }])
    expect(others).toEqual([])
    expect(action).toMatchObject({
      name: 'lab.ping',
      declaredIn: 'actions/lab.yaml',
      timeout_s: 30,
      idempotent: false,
      args: { host: { type: 'string', optional: false, locked: false } },
      request: { headers: {} },
    })
  })

  it('stands beside others in one file, and a script by its hash', () => {
    const source = `${PING}---\n${SCRIPT}`
    const actions = readDeclarations([{ path: 'actions/lab.yaml', source }, SHELL])
    expect(actions.map(({ name }) => name)).toEqual(['lab.ping', 'lab.wipe'])
    // printf '#!/bin/sh\n' | sha256sum
    expect(actions[1]).toMatchObject({ sha256: 'a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf' })
    expect(namedScripts([{ path: 'actions/lab.yaml', source }])).toEqual(['actions/wipe.sh'])
  })

  it.each([
    ['title: Ping {host}\n', '', '1:1 title is missing'],
    ['effect: observe', 'effect: destroy', '3:1 effect: Invalid option: expected one of "observe"|"notify"|"contain"'],
    ['kind: http', 'kind: shell', '2:1 kind is http or script.run'],
    ['name: lab.ping', 'name: http.fetch', '1:1 http.fetch is built in: give the own action another name'],
    ['name: lab.ping', 'name: Ping', '1:1 name: is no name like family.verb'],
    ['title: Ping {host}', 'title: Ping {hots}', '4:1 {hots} is no argument'],
    ['title: Ping {host}', 'title: Ping {host', '4:1 has a lone { (write {{ for the sign itself)'],
    ['  method: GET', '  method: POST', '3:1 POST may change something: notify or contain'],
    ['  method: GET', '  methd: GET', '9:1 request.method is missing'],
    ['  method: GET', '  method: GET\n  retries: 3', '11:3 there is no retries here'],
    [
      'https://lab.example/ping/{host}',
      'https://{host}/ping',
      '11:3 is an https: or http: address with a path, whose host is written out',
    ],
    [
      'https://lab.example/ping/{host}',
      'https://lab.example@{host}/',
      '11:3 is an https: or http: address with a path, whose host is written out',
    ],
    [
      'https://lab.example/ping/{host}',
      'https://lab.example{host}',
      '11:3 is an https: or http: address with a path, whose host is written out',
    ],
    [
      'https://lab.example/ping/{host}',
      'file:///etc/{host}',
      '11:3 is an https: or http: address with a path, whose host is written out',
    ],
    [
      'https://lab.example/ping/{host}',
      'https://lab.example',
      '11:3 is an https: or http: address with a path, whose host is written out',
    ],
    ['https://lab.example/ping/{host}', 'https://lab.example:443/{host}', '11:3 is not written as it is sent'],
    ['https://lab.example/ping/{host}', 'https://LAB.example/{host}', '11:3 is not written as it is sent'],
    ['https://lab.example/ping/{host}', 'https://lab.example/a/../{host}', '11:3 is not written as it is sent'],
    ['https://lab.example/ping/{host}', 'https://lab.example/{host}#x', '11:3 has a fragment'],
    ['  host: {', '  secret_key: { description: Key }\n  host: {', ''],
    [
      '{ description: Name of the host }',
      '{ description: Name of the host, optional: true }',
      '4:1 {host} may be absent, and cannot stand here then',
    ],
    ['{ description: Name of the host }', "{ description: Name, pattern: '(' }", '8:30 is no pattern: '],
    [
      '{ description: Name of the host }',
      '{ description: Name, type: integer, pattern: x }',
      '8:3 pattern and enum are for strings',
    ],
    ['request:\n', 'so: { up: true }\nrequest:\n', '3:1 it makes its target so, which is the effect contain'],
    ['effect: observe', 'effect: contain', '3:1 what contains has undo, or no_undo with the reason'],
    [
      'effect: observe',
      'effect: contain\nundo: { uses: lab.pong, sentence: Back. }',
      '4:9 there is no declared action lab.pong',
    ],
    ['request:\n', 'title: Again\nrequest:\n', '9:1 Map keys must be unique'],
    ['name: lab.ping', 'name: [lab.ping', '2:1 '],
  ])('%s -> %s: is told with its line', (from, to, expected) => {
    const found = faults(but(from, to))
    if (expected === '') expect(found).toEqual([])
    else expect(found.join('\n')).toContain(`actions/lab.yaml:${expected}`)
  })

  it.each([
    ['so: {}', '7:1 names nothing of the target: every target would be so already'],
    ['so: { wiped: "{how}" }', '7:1 {how} may be absent, and cannot stand here then'],
    ['so: { wiped: true }\nopen: [{ wiped: "{how}" }]', '8:1 {how} may be absent, and cannot stand here then'],
    ['so: { wiped: true }\nopen: [{}]', '8:1 has a state without a field, which every target is in: leave `open` out'],
  ])('does not take every target to be as it is made: %s', (state, expected) => {
    const how = but('args:\n', 'args:\n  how: { description: How, optional: true }\n', SCRIPT)
    const wipes = but('no_undo: It is gone.\n', `${state}\nreads: true\nno_undo: It is gone.\n`, how)
    expect(faults(wipes, SHELL)).toEqual([`actions/lab.yaml:${expected}`])
    expect(faults(wipes.replace(', optional: true', ''), SHELL)).toHaveLength(state.includes('{how}') ? 0 : 1)
  })

  it('shows no secret in address, title or target', () => {
    const withKey = but('args:\n', 'args:\n  secret_key: { description: Key }\n')
    for (const line of ['title: Ping {host}', 'target: "{host}"', 'url: https://lab.example/ping/{host}']) {
      const found = faults(but(line, line.replace('{host}', '{secret_key}'), withKey))
      expect(found.join()).toContain('{secret_key} is a secret, which stands in headers and body alone')
    }
  })

  it('is not declared twice, in whichever files', () => {
    const other = { path: 'actions/other.yml', source: PING }
    expect(faults(PING, other)).toEqual(['actions/lab.yaml:1:1 lab.ping is declared twice'])
  })

  it('names a script that is there and says what runs it', () => {
    expect(faults(SCRIPT, SHELL)).toEqual([])
    expect(faults(SCRIPT)).toEqual(['actions/lab.yaml:10:11 there is no file actions/wipe.sh'])
    expect(faults(SCRIPT, { ...SHELL, source: 'rm -r /' })).toEqual([
      'actions/lab.yaml:10:11 the script does not begin with #! and its interpreter',
    ])
    for (const file of ['../wipe.sh', '/bin/sh', 'a//b', 'a/../b', './wipe.sh', ''])
      expect(faults(but('file: wipe.sh', `file: "${file}"`, SCRIPT), SHELL)).toHaveLength(1)
  })

  it('cannot grow by aliases', () => {
    const nine = (name: string): string => `[${Array.from({ length: 9 }, () => `*${name}`).join(', ')}]`
    const bomb = `a: &a [x]\nb: &b ${nine('a')}\nc: &c ${nine('b')}\nd: &d ${nine('c')}\n`
    expect(faults(bomb)).toEqual(['actions/lab.yaml:1:1 has more than 20 aliases'])
  })

  it('tells all that is wrong at once', () => {
    const twice = but('title: Ping {host}', 'title: Ping {a}', but('does: Asks the lab', 'does: Asks {b}'))
    expect(faults(twice)).toEqual([
      'actions/lab.yaml:4:1 {a} is no argument',
      'actions/lab.yaml:6:1 {b} is no argument',
    ])
  })
})
