// A desk of its own process, to be killed: `node receiver-child.ts <data folder>` prints its port when it listens.
import { startDesk } from './receiver-kit.ts'

const desk = await startDesk({ dataDir: process.argv[2] ?? null })
await desk.intake.recover()
process.stdout.write(`${JSON.stringify({ port: desk.port })}\n`)
