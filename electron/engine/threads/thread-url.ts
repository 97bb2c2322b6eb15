const SOURCES = {
  'engine-thread': './thread.ts',
  'policy-thread': '../policy-thread.ts',
  'toolchain-thread': '../policy/toolchain/toolchain-thread.ts',
  'reader-thread': '../store/reader-thread.ts',
  'search-thread': '../store/search/search-thread.ts',
  'graphql-thread': '../graphql/graphql-thread.ts',
  'prove-thread': '../prove/prove-thread.ts',
} as const

export type ThreadName = keyof typeof SOURCES

/**
 * Where a worker thread's entry lies. From the sources (tests, development) it is the TypeScript file itself, which
 * Node runs by type stripping; in the bundle all entries and chunks lie in one folder.
 * @returns a file URL for `new Worker(url)`
 */
export function threadUrl(name: ThreadName): URL {
  const fromSource = import.meta.url.endsWith('.ts')
  return new URL(fromSource ? SOURCES[name] : `./${name}.js`, import.meta.url)
}
