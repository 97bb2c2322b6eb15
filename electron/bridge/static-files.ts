import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, isAbsolute, join, relative, resolve } from 'node:path'

/** What the bundle is made of; anything else is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}

export interface StaticFile {
  type: string
  body: Buffer
}

/**
 * The path inside the bundle that a request's path names. Decoded once; anything that could name another place is
 * refused, also where the file system would not follow it.
 * @returns a relative path, or null
 */
export function bundlePath(requestPath: string): string | null {
  const path = requestPath.split(/[?#]/, 1)[0] ?? ''
  if (!path.startsWith('/') || path.startsWith('//') || /%(?:2f|5c|00)/i.test(path)) return null
  const decoded = decodedOnce(path.slice(1))
  // oxlint-disable-next-line no-control-regex -- a NUL ends a path early
  if (decoded === null || /[\\\u0000:]/.test(decoded)) return null
  if (decoded.split('/').some((segment) => segment.startsWith('.'))) return null
  return decoded === '' ? 'index.html' : decoded
}

/** @returns the bundle's file of this request, or null where there is none to serve */
export async function readBundleFile(root: string, requestPath: string): Promise<StaticFile | null> {
  const path = bundlePath(requestPath)
  const type = path === null ? undefined : TYPES[extname(path)]
  if (path === null || type === undefined) return null
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(resolve(join(root, path)))])
    const inside = relative(realRoot, real)
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return null
    if (!(await stat(real)).isFile()) return null
    return { type, body: await readFile(real) }
  } catch {
    return null
  }
}

function decodedOnce(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
