// `npm run package`: installers for this platform (deb, dmg or nsis) in dist/, with the fuses read back from the binary.
import { prepare } from './lib/install.mjs'
import { say } from './lib/run.mjs'

async function main() {
  const { build: bundle } = await import('./lib/build.mjs')
  const { fetchElectron } = await import('./lib/electron-binary.mjs')
  const reason = await fetchElectron()
  if (reason !== undefined) throw new Error(`Installers need Electron's binary: ${reason}.`)
  await bundle(process.execPath)
  await pack()
}

async function pack() {
  const { build } = await import('electron-builder')
  const { getCurrentFuseWire } = await import('@electron/fuses')
  const { executableOf, packageConfig } = await import('./package/config.ts')
  const { fuseDifferences } = await import('./package/fuses.ts')
  // Signing rewrites the binary: read the fuses from what was signed, at the end.
  const afterSign = async (context) => {
    const differences = fuseDifferences(await getCurrentFuseWire(executableOf(context)))
    if (differences.length > 0) throw new Error(`The packed binary's fuses are wrong:\n${differences.join('\n')}`)
  }
  const made = await build({ config: { ...packageConfig, afterSign }, publish: 'never' })
  for (const file of made) say(`Made ${file}`)
}

if (await prepare(import.meta.url)) {
  await main().catch((error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
}
