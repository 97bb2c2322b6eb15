// The bound: HTTP and a durable row, and nothing else. Bodies that came in one turn of the event loop share a commit.
import { closeSync, openSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openWriter } from '../../electron/engine/store/database.ts'

const path = process.argv[2] ?? ''
closeSync(openSync(path, 'a'))
const db = openWriter(path)
db.exec('CREATE TABLE event (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL) STRICT')
const insert = db.prepare('INSERT INTO event (at, body) VALUES (?, ?)')
const begin = db.prepare('BEGIN IMMEDIATE')
const commit = db.prepare('COMMIT')

let waiting: { body: Buffer; response: ServerResponse }[] = []

function flush(): void {
  const group = waiting
  waiting = []
  begin.run()
  const rows = group.map(({ body }) => insert.run(Date.now(), body).lastInsertRowid)
  commit.run()
  for (const [index, { response }] of group.entries()) {
    const body = JSON.stringify({ event_id: String(rows[index]) })
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body)
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (waiting.length === 0) setImmediate(flush)
    waiting.push({ body: Buffer.concat(chunks), response })
  })
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // it listens on TCP
  process.stdout.write(`${JSON.stringify({ ready: true, receiver: `http://127.0.0.1:${port}` })}\n`)
})
