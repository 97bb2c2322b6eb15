import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { consoleLine, maskSecrets, openLog, type LogConfig } from './log.ts'
import { Redactor } from '../secrets/redact.ts'

function logged(
  config: Partial<LogConfig>,
  write: (log: ReturnType<typeof openLog>) => void,
  redact?: (line: string) => string,
) {
  const output = join(mkdtempSync(join(tmpdir(), 'tocsin-log-')), 'log')
  const log = openLog({ level: 'info', format: 'json', ...config, output }, redact)
  write(log)
  log.close()
  return { output, text: readFileSync(output, 'utf8') }
}

describe('log', () => {
  it('writes one JSON object per line at its level and above', () => {
    const { text } = logged({}, (log) => {
      log.debug('not written')
      log.warn('full queue', { depth: 3 })
    })
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([{ level: 'warn', time: expect.stringMatching(/^\d{4}-/) as string, depth: 3, msg: 'full queue' }])
  })

  it('writes one readable line whatever a field holds', () => {
    const { text } = logged({ format: 'console' }, (log) =>
      log.info('event \u001b[2J stored', { schema: 'clamav', title: 'a\nb "c"', n: 1 }),
    )
    expect(text).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}event \\u001b\[2J stored schema=clamav title="a\\nb \\"c\\"" n=1\n$/,
    )
  })

  it('[S10] masks secret_ keys at any depth and known values in the whole line', () => {
    const { text } = logged(
      {},
      (log) =>
        log.error('calling with canary-value', {
          args: [{ secret_api_key: { a: 'x1y2z3' }, url: 'http://h/canary-value' }],
        }),
      (line) => line.replaceAll('canary-value', '‹API_KEY›'),
    )
    expect(text).not.toContain('canary-value')
    expect(text).not.toContain('x1y2z3')
    expect(JSON.parse(text)).toMatchObject({
      msg: 'calling with ‹API_KEY›',
      args: [{ secret_api_key: '[REDACTED]', url: 'http://h/‹API_KEY›' }],
    })
  })

  it('[S10] leaves JSON where a secret stood, be it a number, a key or part of the line’s own text', () => {
    const redactor = new Redactor()
    for (const secret of ['12345678', 'a key of it', '","msg":"x']) redactor.add(secret)
    const { text } = logged(
      {},
      (log) => log.info('x', { n: 12345678, 'a key of it': 1, a: 'b' }),
      redactor.text.bind(redactor),
    )
    expect(JSON.parse(text)).toMatchObject({ n: '[REDACTED]', '[REDACTED]': 1, a: 'b', msg: 'x' })
  })

  it('[S10] withholds process variables and raw events at any depth', () => {
    const { text } = logged({}, (log) =>
      log.info('x', { input: { env: { HOME: '/home/me' }, alert: { raw: '{"user":"me"}', title: 't' } } }),
    )
    expect(JSON.parse(text)).toMatchObject({ input: { env: '[REDACTED]', alert: { raw: '[REDACTED]', title: 't' } } })
  })

  it('colours the level and the keys for a terminal, and never a file', () => {
    const line = '{"level":"warn","time":"2026-01-02T03:04:05.678Z","msg":"full","depth":3}\n'
    expect(consoleLine(line, true)).toMatch(
      // oxlint-disable-next-line no-control-regex -- colours are such characters
      /^\d\d:\d\d:05\.678 \u001b\[33mWARN \u001b\[0m full \u001b\[2mdepth=\u001b\[0m3\n$/,
    )
    expect(logged({ format: 'console' }, (log) => log.warn('full', { depth: 3 })).text).not.toContain('\u001b')
  })

  it('writes the time of the reader’s own clock, and in JSON that of UTC', () => {
    const at = new Date(2026, 0, 2, 3, 4, 5, 6)
    expect(consoleLine(JSON.stringify({ level: 'info', time: at.toISOString(), msg: 'x' }), false)).toBe(
      '03:04:05.006 INFO  x\n',
    )
  })

  it('masks by prefix only, case-sensitively, as AlertChain does', () => {
    expect(maskSecrets({ secret_a: 'x', my_secret: 'y', Secret_b: 'z' })).toEqual({
      secret_a: '[REDACTED]',
      my_secret: 'y',
      Secret_b: 'z',
    })
  })

  it('[S30] makes the log file 0600, an existing one too', () => {
    const { output } = logged({}, (log) => log.info('x'))
    expect(statSync(output).mode & 0o777).toBe(0o600)
    const open = join(mkdtempSync(join(tmpdir(), 'tocsin-log-')), 'log')
    writeFileSync(open, 'before\n', { mode: 0o644 })
    const log = openLog({ level: 'info', format: 'json', output: open })
    log.close()
    expect(statSync(open).mode & 0o777).toBe(0o600)
    expect(readFileSync(open, 'utf8')).toBe('before\n')
  })

  it('[S30] puts a full file aside, keeps some, and loses no line of two threads', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-log-'))
    const config: LogConfig = { level: 'info', format: 'json', output: join(folder, 'tocsin.log'), rotateBytes: 300 }
    const [main, engine] = [openLog(config), openLog(config)]
    const files = (): string[] => readdirSync(folder).sort()
    const written = (): number[] =>
      files()
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { n: number }).n)
        .sort((a, b) => a - b)
    for (let n = 0; n < 10; n += 1) (n % 2 === 0 ? main : engine).info('line', { n })
    expect(written()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(files().length).toBeGreaterThan(1)
    for (let n = 10; n < 200; n += 1) (n % 2 === 0 ? main : engine).info('line', { n })
    main.close()
    engine.close()
    expect(files().length).toBeLessThanOrEqual(5)
    expect(written().at(-1)).toBe(199)
    for (const name of files()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  it('names a file that cannot be written', () => {
    expect(() => openLog({ level: 'info', format: 'json', output: '/nowhere/at/all' })).toThrow(/\/nowhere\/at\/all/)
  })
})
