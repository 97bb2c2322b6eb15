import { registerHooks, syncBuiltinESMExports } from 'node:module'
import { writeFileSync } from 'node:fs'
import workerThreads from 'node:worker_threads'

// Preloaded into a command (`node --import`): writes down, as it ends, which modules it loaded and which threads it started.

const modules: string[] = []
const threads: string[] = []

registerHooks({
  load(url, context, nextLoad) {
    modules.push(url)
    return nextLoad(url, context)
  },
})

workerThreads.Worker = class extends workerThreads.Worker {
  constructor(...args: ConstructorParameters<typeof workerThreads.Worker>) {
    super(...args)
    threads.push(String(args[0]))
  }
}
syncBuiltinESMExports()

process.on('exit', () =>
  writeFileSync(process.env['TOCSIN_LOADED_MODULES'] ?? 'loaded.json', JSON.stringify({ modules, threads })),
)
