import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { sendPieces } from './answer.ts'

/** More than a socket's buffers hold: every piece waits for the client. */
const PIECE = 'x'.repeat(1024 * 1024)
const COUNT = 30

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** @returns how much the client got, or null where it goes away at the first bytes; and the most listeners at once */
async function sent(isPatient: boolean): Promise<{ bytes: number | null; listeners: number }> {
  const { promise: left, resolve: leave } = Promise.withResolvers<number>()
  server = createServer((_request, response) => {
    const before = response.listenerCount('close')
    const pieces = Array.from({ length: COUNT }, () => PIECE)
    let most = 0
    response.on('drain', () => (most = Math.max(most, response.listenerCount('close') - before)))
    void sendPieces(response, 'id', 200, pieces).then(() => leave(most))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo // a TCP server that listens
  const bytes = await new Promise<number | null>((resolve, reject) => {
    const call = get({ port, host: '127.0.0.1' }, (response) => {
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (isPatient) return
        call.destroy()
        resolve(null)
      })
      response.on('end', () => resolve(size))
      response.on('error', () => resolve(null))
    })
    call.on('error', (error) => (isPatient ? reject(error) : resolve(null)))
  })
  return { bytes, listeners: await left }
}

it('sends pieces as fast as the client reads, and holds on to nothing for each', async () => {
  const { bytes, listeners } = await sent(true)
  expect(bytes).toBe(COUNT * PIECE.length)
  expect(listeners).toBeLessThanOrEqual(1)
})

it('ends when the client goes away', async () => {
  expect((await sent(false)).bytes).toBeNull()
})
