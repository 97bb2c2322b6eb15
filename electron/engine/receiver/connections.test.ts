import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { Connections } from './connections.ts'

/** More than the system takes for a client that does not read. */
const LONG = Buffer.alloc(16 * 1024 * 1024, 'x')

it('[S17] cuts clients that never read their answers, and serves one that does', async () => {
  const connections = new Connections({ connections: 4, graceMs: 20 })
  const server = createServer((request, response) => {
    connections.track(request, response)
    request.resume().once('end', () => response.end(request.url === '/long' ? LONG : 'short'))
  })
  server.on('connection', (socket: Socket) => connections.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const mute: Socket[] = []
  for (let count = 0; count < 40; count += 1) {
    const socket = connect(port, '127.0.0.1').pause()
    socket.on('error', () => {}).write('GET /long HTTP/1.1\r\nHost: a\r\n\r\n')
    mute.push(socket)
    await once(server, 'request')
  }
  for (let count = 0; count < 3; count += 1) {
    const [answer] = (await once(get({ port, host: '127.0.0.1', path: '/short', agent: false }), 'response')) as [
      IncomingMessage,
    ]
    expect(await text(answer)).toBe('short')
  }
  const closed = once(server, 'close')
  server.close()
  connections.drain()
  await closed
  for (const socket of mute) socket.destroy()
})
