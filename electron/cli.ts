import { buffer } from 'node:stream/consumers'
import { keepCompiledCode } from './cli/code-cache.ts'

// Before the first file: whatever is made here is its owner's alone (S30).
process.umask(0o077)
keepCompiledCode(process.env)
// Only what is loaded after that line is kept.
const { runProgram } = await import('./cli/program.ts')

/** The longest that Node's timers take. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const LEFT_OPEN_MS = 2_000

// The engine's timers and threads keep no process alive: Node would end a command that waits for one of them alone (for an
// action's next try) without its result.
const alive = setInterval(() => undefined, LONGEST_TIMER_MS)
process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: () => buffer(process.stdin),
  out: (line) => void process.stdout.write(line),
  err: (line) => void process.stderr.write(line),
})
clearInterval(alive)
endWhenWritten()

/** What a command left open (a socket, a thread that hangs) does not keep it once its result is written. */
function endWhenWritten(): void {
  setTimeout(() => {
    if (process.stdout.writableLength + process.stderr.writableLength > 0) endWhenWritten()
    else process.exit()
  }, LEFT_OPEN_MS).unref()
}
