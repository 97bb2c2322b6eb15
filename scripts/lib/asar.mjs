import { closeSync, openSync, readSync } from 'node:fs'

/** The header is a Chromium pickle of a string: four 32-bit words (the last one its length), then JSON. */
const PREFIX_BYTES = 16
const LENGTH_AT = 12

/**
 * Lists an asar archive.
 * @param path the archive
 * @returns Map of file path inside it → `{size, isUnpacked}`
 */
export function asarFiles(path) {
  const file = openSync(path, 'r')
  try {
    const prefix = read(file, 0, PREFIX_BYTES)
    const header = JSON.parse(read(file, PREFIX_BYTES, prefix.readUInt32LE(LENGTH_AT)).toString('utf8'))
    return new Map(entries(header, ''))
  } finally {
    closeSync(file)
  }
}

function entries(node, path) {
  if (node.files === undefined) return [[path, { size: node.size, isUnpacked: node.unpacked === true }]]
  return Object.entries(node.files).flatMap(([name, inner]) => entries(inner, path === '' ? name : `${path}/${name}`))
}

function read(file, position, length) {
  const buffer = Buffer.alloc(length)
  readSync(file, buffer, 0, length, position)
  return buffer
}
