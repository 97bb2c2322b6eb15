import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import DatabaseConnection from 'better-sqlite3'
import { afterAll, describe, expect, it } from 'vitest'
import { runProgram } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'tocsin-replay-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function tocsin(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const status = await runProgram(args, {
    env: {},
    cwd: folder,
    stdin: () => Promise.resolve(Buffer.from('{"virus":"Eicar","path":"/tmp/a"}')),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  })
  return { status, out, err }
}

describe('tocsin replay', () => {
  it('counts what was decided, by kind, and exits 0 when all is exact', async () => {
    await tocsin('run', '--data', 'data', '-d', join(import.meta.dirname, '../../policies'), '-s', 'clamav', '-i', '-')
    const { status, out, err } = await tocsin('replay', '--data', 'data')
    const report = JSON.parse(out) as { decisions: number; exact: number; byKind: Record<string, unknown> }
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(report.decisions).toBeGreaterThanOrEqual(2)
    expect(report.exact).toBe(report.decisions)
    expect(Object.keys(report.byKind)).toContain('alert live wasm')
    const none = await tocsin('replay', '--data', 'data', '--since', '2999-01-01')
    expect(JSON.parse(none.out)).toMatchObject({ decisions: 0 })
    const one = await tocsin('replay', '--data', 'data', '--since', '24h', '--limit', '1')
    expect(JSON.parse(one.out)).toMatchObject({ decisions: 1 })
  })

  it('verifies the trail of the same folder, and says what is wrong', async () => {
    await tocsin('run', '--data', 'data', '-d', join(import.meta.dirname, '../../policies'), '-s', 'clamav', '-i', '-')
    const { status, out } = await tocsin('audit', 'verify', '--data', 'data')
    expect({ status, report: JSON.parse(out) as unknown }).toMatchObject({ status: 0, report: { isIntact: true } })
    expect(await tocsin('audit', '--data', 'data')).toMatchObject({ status: 2 })
    const db = new DatabaseConnection(join(folder, 'data', 'tocsin.db'))
    db.exec(`UPDATE alert SET title = 'another'`)
    db.close()
    const changed = await tocsin('audit', 'verify', '--data', 'data')
    expect(changed).toMatchObject({
      status: 1,
      err: expect.stringContaining('of alert is not what was recorded') as string,
    })
  })

  it.each([
    [['--data', 'nowhere'], 1, 'no database'],
    [['--since', 'yesterday'], 2, 'neither a date'],
    [['--limit', '0'], 2, 'no count'],
  ])('says what is wrong with %j', async (args, status, words) => {
    expect(await tocsin('replay', ...args)).toMatchObject({ status, err: expect.stringContaining(words) as string })
  })
})
