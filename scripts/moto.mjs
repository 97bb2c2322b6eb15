// Installs moto, a server that behaves as Amazon's EC2 and IAM do (PyPI, Apache-2.0), for the tests that want a real one.
// Prints the Python that has it; where it cannot be had "skipped: why", which is no failure.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './lib/project.mjs'
import { run } from './lib/run.mjs'

const REQUIREMENTS = join(ROOT, 'tests', 'conformance', 'aws', 'requirements.txt')
const CACHE = join(ROOT, '.cache', 'moto')
const INSTALL_MS = 300_000

/** What pip says of itself is of no use; wheels only: nothing that is installed runs. */
const PIP = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']

/** @returns where a virtual environment has its Python */
function pythonOf(folder) {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
}

/** @returns the path of Python, or "skipped: why" */
async function install() {
  const name = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16)
  const folder = join(CACHE, name)
  if (existsSync(folder)) return pythonOf(folder)
  const python = ['python3', 'python'].find(isPython3)
  if (python === undefined) return 'skipped: there is no python3 here (apt-get install python3-venv)'
  mkdirSync(CACHE, { recursive: true })
  const made = mkdtempSync(join(CACHE, 'new-'))
  try {
    const venv = await run('making a Python for moto', python, ['-m', 'venv', made])
    if (!venv.ok)
      return `skipped: python3 makes no virtual environment (apt-get install python3-venv): ${lastLine(venv.output)}`
    const args = [...PIP, '-r', REQUIREMENTS]
    const { ok, output } = await run('installing moto from PyPI', pythonOf(made), args, { timeoutMs: INSTALL_MS })
    if (!ok) return `skipped: moto cannot be had from PyPI: ${lastLine(output)}`
    // Another run may have been faster.
    if (!existsSync(folder)) renameSync(made, folder)
    return pythonOf(folder)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function isPython3(command) {
  try {
    const version = execFileSync(command, ['-c', 'import sys; print(sys.version_info[0])'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return version.toString().trim() === '3'
  } catch {
    return false
  }
}

function lastLine(output) {
  return output.trim().split('\n').at(-1)
}

process.stdout.write(`${await install()}\n`)
