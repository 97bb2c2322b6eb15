import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { copyFile, mkdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { hashEvaluator } from './electron/engine/policy/evaluator-build.ts'
import { callNames, topics } from './shared/contract.ts'

const root = import.meta.dirname

/** Entries of out/main: the app, the command line and one file per worker thread (`electron/engine/threads/thread-url.ts`). */
const mainEntries = {
  main: 'electron/main.ts',
  cli: 'electron/cli.ts',
  'engine-thread': 'electron/engine/threads/thread.ts',
  'policy-thread': 'electron/engine/policy-thread.ts',
  'toolchain-thread': 'electron/engine/policy/toolchain/toolchain-thread.ts',
  'reader-thread': 'electron/engine/store/reader-thread.ts',
  'search-thread': 'electron/engine/store/search/search-thread.ts',
  'graphql-thread': 'electron/engine/graphql/graphql-thread.ts',
  'prove-thread': 'electron/engine/prove/prove-thread.ts',
}

/** Files that are read at run time from beside the code that reads them. */
const mainAssets = ['electron/engine/policy/toolchain/policytools.wasm.zst']

/** Copies assets flat into the output folder, where `new URL('./name', import.meta.url)` of a chunk finds them. */
function copyAssets(files: readonly string[], outDir: string): Plugin {
  return {
    name: 'tocsin-copy-assets',
    async closeBundle() {
      await mkdir(outDir, { recursive: true })
      await Promise.all(files.map((file) => copyFile(resolve(root, file), join(outDir, basename(file)))))
    },
  }
}

/**
 * Takes Node's own modules by `process.getBuiltinModule`: for an `import` Node copies every export of the module, and
 * reading those of `node:http` and `node:crypto` loads a web client and WebCrypto, 25 ms of each command.
 */
function builtinsByNeed(): Plugin {
  return {
    name: 'tocsin-builtins-by-need',
    renderChunk: (code) =>
      code.replaceAll(/^import (\{[^}]*\}|\w+) from "(node:[\w/]+)";$/gm, (_, names: string, builtin: string) => {
        // `process` may be one of the names.
        return `const ${names.replaceAll(' as ', ': ')} = globalThis.process.getBuiltinModule("${builtin}");`
      }),
  }
}

function absolute(entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, resolve(root, file)]))
}

export default defineConfig({
  main: {
    define: { TOCSIN_EVALUATOR_BUILD: JSON.stringify(hashEvaluator(root)) },
    // A name per key of a large table takes longer to make than the table to read.
    json: { namedExports: false, stringify: true },
    plugins: [builtinsByNeed(), copyAssets(mainAssets, resolve(root, 'out/main'))],
    build: {
      outDir: 'out/main',
      // Everything but the `dependencies` (better-sqlite3) and electron goes into the bundle.
      rolldownOptions: {
        input: absolute(mainEntries),
        // Flat: a chunk that reads an asset or starts a thread by `import.meta.url` must lie beside it.
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunk-[name]-[hash].js' },
      },
    },
  },
  preload: {
    define: {
      DESK_CALLS: JSON.stringify(callNames),
      DESK_TOPICS: JSON.stringify(Object.keys(topics)),
    },
    build: {
      outDir: 'out/preload',
      // A sandboxed preload is one CommonJS file that can require nothing but electron.
      externalizeDeps: false,
      rolldownOptions: {
        input: absolute({ preload: 'electron/preload.ts' }),
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(root, 'renderer'),
    plugins: [react()],
    build: {
      outDir: resolve(root, 'out/renderer'),
      minify: true,
      // The CSP allows `data:` for images only; fonts and scripts must be files.
      assetsInlineLimit: 0,
      // The preload polyfill is an inline script, which the CSP refuses; Chromium does not need it.
      modulePreload: { polyfill: false },
      rolldownOptions: { input: absolute({ index: 'renderer/index.html' }) },
    },
  },
})
