import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from './root.ts'
import type { Mutation } from './mutation.ts'

/** A test that hangs on a fault has noticed it, too; but not for ever. */
const LONGEST_RUN_MS = 300_000

/** What the tests said. `broken`: they could not run at all, which proves nothing. */
export type Verdict = 'passed' | 'failed' | 'broken'

/** The repository as it lies on the disk, in a temporary folder: faults are made there and nowhere else. */
export class ScratchCopy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tocsin-mutations-'))

  constructor() {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
    for (const path of listed.toString().split('\0')) {
      if (path === '' || !existsSync(join(ROOT, path))) continue
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true })
      cpSync(join(ROOT, path), join(this.#folder, path), { verbatimSymlinks: true })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.#folder, 'node_modules'))
  }

  /** Runs tests with one fault in place, and takes it out again. */
  tryOut({ file, from, to, test, title }: Mutation): Verdict {
    const path = join(this.#folder, file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
    try {
      return this.run([test], title)
    } finally {
      writeFileSync(path, text)
    }
  }

  /** @param title a part of the titles of those that run; all when left out */
  run(tests: readonly string[], title?: string): Verdict {
    const report = join(this.#folder, 'mutation-report.json')
    rmSync(report, { force: true })
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
    const only = title === undefined ? [] : ['-t', literal(title)]
    const args = [vitest, 'run', '--reporter=json', `--outputFile=${report}`, ...only, ...tests]
    const { status } = spawnSync(process.execPath, args, {
      cwd: this.#folder,
      stdio: 'ignore',
      timeout: LONGEST_RUN_MS,
    })
    if (status === 0) return 'passed'
    if (status === null) return 'failed'
    return existsSync(report) && failedTests(report) > 0 ? 'failed' : 'broken'
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A file that cannot be loaded has failed without a failed test. */
function failedTests(report: string): number {
  return (JSON.parse(readFileSync(report, 'utf8')) as { numFailedTests: number }).numFailedTests
}

/** Vitest takes a title for a pattern. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
