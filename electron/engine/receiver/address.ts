import { TocsinError } from '../../../shared/errors.ts'

/** The only interface the receiver ever binds. */
export const LOOPBACK = '127.0.0.1'

const ADDRESS = /^(127\.0\.0\.1|localhost):(\d{1,5})$/
const MAX_PORT = 65_535

/**
 * Reads `127.0.0.1:8080` (or `localhost:8080`, which binds the same); port 0 asks for a free one.
 * @returns the port
 * @throws TocsinError `address_not_loopback`
 */
export function readAddress(address: string): number {
  const port = Number(ADDRESS.exec(address)?.[2] ?? Number.NaN)
  if (port <= MAX_PORT) return port
  throw new TocsinError(
    'address_not_loopback',
    `The receiver binds this machine only: give 127.0.0.1:<port>, not ${JSON.stringify(address)}`,
  )
}
