import { buffer } from 'node:stream/consumers'
import { runProgram } from './cli/program.ts'

// Before the first file: whatever is made here is its owner's alone (S30).
process.umask(0o077)

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: () => buffer(process.stdin),
  out: (line) => void process.stdout.write(line),
  err: (line) => void process.stderr.write(line),
})
