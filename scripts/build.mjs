// `npm run build`: out/ from the sources, whether it is out of date or not.
import { build } from './lib/build.mjs'
import { prepare } from './lib/install.mjs'

if (await prepare(import.meta.url)) {
  try {
    await build(process.execPath)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
