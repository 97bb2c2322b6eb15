import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { post, startDesk, type TestDesk } from '../../security/receiver-kit.ts'
import { eventsOf, freePort, Program, programAt, recipes, suiteOf, tokenOf } from './kit.ts'

/* The recipes of docs/FORWARDING.md for senders, by the programs themselves: as written there, but for addresses and tokens. */

let desk: TestDesk
let program: Program
beforeEach(async () => {
  desk = await startDesk({
    policies: { 'alert/alertmanager.rego': recipes('## Prometheus Alertmanager', 'rego')[0] ?? 'package none\n' },
  })
  program = new Program()
})
afterEach(async () => {
  await program.stop()
  await desk.close()
})

function adapted(recipe = ''): string {
  return recipe.replaceAll('127.0.0.1:8080', `127.0.0.1:${desk.port}`)
}

function came(): number {
  return desk.rows('event')
}

describe.skipIf(!programAt('curl'))(suiteOf('curl', 'curl'), () => {
  it('sends a file, and text with token and key, by its recipe', async () => {
    const [recipe = ''] = recipes('## curl', '')
    const first = recipe.split('\n')[0] ?? ''
    program.write('event.json', '{"virus":"A","path":"/tmp/a"}')
    program.write('first.sh', `${adapted(first)}\n`)
    program.start('bash', ['first.sh'])
    expect((await program.ended()).output).toContain('"event_id"')
    const token = await tokenOf(desk)
    program.write('all.sh', adapted(recipe).replace('<token>', token).replace(adapted(first), ''))
    program.start('bash', ['all.sh'])
    expect((await program.ended()).output).toContain('"event_id"')
    expect(eventsOf(desk)).toMatchObject([
      { schema: 'clamav', body: { path: '/tmp/a' }, deliveryId: null },
      { schema: 'clamav', body: { path: '/tmp/eicar.txt' }, deliveryId: '2026-11-22/17' },
    ])
  })

  it('speaks HTTP/1.0 and packs bodies', async () => {
    program.write('send.sh', `echo '{"a":1}' | gzip | curl -sS -0 -H 'Content-Encoding: gzip' --data-binary @- $URL`)
    program.start('bash', ['send.sh'], { URL: `http://127.0.0.1:${desk.port}/alert/packed` })
    expect((await program.ended()).output).toContain('"event_id"')
    expect(eventsOf(desk)).toEqual([{ schema: 'packed', body: { a: 1 }, deliveryId: null }])
  })
})

describe.skipIf(!programAt('jq') || !programAt('curl'))(suiteOf('jq', 'jq curl'), () => {
  it('relays GuardDuty findings from SQS by its recipe, each once', async () => {
    const finding = { schemaVersion: '2.0', id: 'f-1', type: 'Trojan:EC2/DropPoint!DNS', severity: 8 }
    const detail = { version: '0', 'detail-type': 'GuardDuty Finding', source: 'aws.guardduty', detail: finding }
    const message = { MessageId: 'm-1', ReceiptHandle: 'r-1', Body: JSON.stringify(detail) }
    program.write('message.json', JSON.stringify({ Messages: [message] }))
    mkdirSync(join(program.folder, 'bin'))
    // Amazon's service answers from a file here, twice, and then ends; what it is asked to delete is written down.
    program.write(
      'bin/aws.sh',
      `#!/bin/bash
cd "$(dirname "$0")/.."
case "$2" in
  receive-message) echo x >> asked; [ "$(wc -l < asked)" -gt 2 ] && exit 1; cat message.json ;;
  delete-message) echo "$6" >> deleted ;;
esac
`,
    )
    const [recipe = ''] = recipes('## Amazon GuardDuty', '')
    program.write('relay.sh', `aws() { "${program.folder}/bin/aws.sh" "$@"; }\n${adapted(recipe)}`)
    program.start('bash', ['relay.sh'], { QUEUE: 'https://sqs.eu-central-1.amazonaws.com/1/findings' })
    const { output } = await program.ended()
    expect(output).toContain('"event_id"')
    expect(eventsOf(desk)).toEqual([{ schema: 'aws_guardduty', deliveryId: 'm-1', body: { Findings: [finding] } }])
    expect(readFileSync(join(program.folder, 'deleted'), 'utf8')).toBe('r-1\nr-1\n')
  })
})

describe.skipIf(!programAt('prometheus-alertmanager'))(
  suiteOf('prometheus-alertmanager', 'prometheus-alertmanager'),
  () => {
    it('delivers two hosts as two alerts by its recipe, with a token', async () => {
      const port = await freePort()
      const token = program.write('token', await tokenOf(desk))
      const receivers = adapted(recipes('## Prometheus Alertmanager', 'yaml')[0]).replace(
        '/etc/alertmanager/tocsin-token',
        token,
      )
      const route = 'route: { receiver: tocsin, group_by: [alertname], group_wait: 1s }\n'
      const config = program.write('alertmanager.yml', `${route}${receivers}`)
      const addresses = [`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=']
      program.start('prometheus-alertmanager', [
        `--config.file=${config}`,
        `--storage.path=${program.folder}`,
        ...addresses,
      ])
      const labels = { alertname: 'Down', severity: 'critical' }
      const alerts = ['h1:9100', 'h2:9100'].map((instance) => ({ labels: { ...labels, instance }, annotations: {} }))
      const raise = async (): Promise<number> =>
        (
          await post(port, '/api/v2/alerts', JSON.stringify(alerts), ['Content-Type: application/json']).catch(
            () => null,
          )
        )?.status ?? 0
      await expect.poll(raise, { timeout: 20_000 }).toBe(200)
      await expect.poll(() => desk.rows('alert'), { timeout: 20_000 }).toBe(2)
      const keys = desk.store.db.prepare('SELECT DISTINCT title, severity, dedup_key FROM alert').all()
      expect(keys).toMatchObject([{ title: 'Down', severity: 'critical' }, { title: 'Down' }])
    })
  },
)

describe.skipIf(!programAt('syslog-ng'))(suiteOf('syslog-ng', 'syslog-ng-core syslog-ng-mod-http'), () => {
  it('sends what it hears as one event each by its recipe, whatever it holds', async () => {
    const token = await tokenOf(desk)
    const source = program.write('heard.log', '')
    const recipe = adapted(recipes('## syslog-ng', 'syslog-ng')[0]).replace('<token>', token)
    const config = recipe.replace(
      /source s_tocsin \{[^}]*\};/,
      `source s_tocsin { file("${source}" follow-freq(0.1)); };`,
    )
    const conf = program.write('syslog-ng.conf', config)
    const state = ['persist', 'control', 'pidfile'].map((name) => [
      `--${name === 'persist' ? 'persist-file' : name}`,
      join(program.folder, name),
    ])
    program.start('syslog-ng', ['-F', '--stderr', '--no-caps', '-f', conf, ...state.flat()])
    await expect.poll(() => program.output, { timeout: 20_000 }).toContain('starting up')
    program.write('heard.log', '<36>Nov 22 09:00:00 host sshd[7]: Failed "password" for \\root from 192.0.2.1\n')
    await expect.poll(came, { timeout: 20_000, message: program.output }).toBe(1)
    expect(eventsOf(desk)).toMatchObject([
      {
        schema: 'syslog',
        body: { PROGRAM: 'sshd', MESSAGE: 'Failed "password" for \\root from 192.0.2.1' },
      },
    ])
  })
})

describe.skipIf(!programAt('clamd'))(suiteOf('clamd', 'clamav-daemon'), () => {
  it('sends what it found by its hook, whatever the file is called', async () => {
    const [plain = '', withFile = ''] = recipes('## ClamAV', '').filter((text) => text.startsWith('VirusEvent '))
    expect(withFile).toContain(plain.replace('VirusEvent ', '').trim())
    const hook = join(program.folder, 'hook.mjs')
    copyFileSync(fileURLToPath(new URL('../../../policies/hooks/clamav-event.mjs', import.meta.url)), hook)
    chmodSync(hook, 0o755)
    const content = 'a file that this signature knows'
    const name = 'in voice\n"$(id)".exe'
    const infected = program.write(name, content)
    mkdirSync(join(program.folder, 'db'))
    const md5 = createHash('md5').update(content).digest('hex')
    program.write('db/tocsin.hdb', `${md5}:${content.length}:Tocsin.Test\n`)
    const socketPath = join(program.folder, 'clamd.sock')
    const folders = `DatabaseDirectory ${join(program.folder, 'db')}\nLocalSocket ${socketPath}\nForeground yes\n`
    const environment = `TOCSIN_URL=http://127.0.0.1:${desk.port}\nTOCSIN_TOKEN=${await tokenOf(desk)}\n`
    const file = program.write('tocsin.env', environment)
    const installed = withFile.replace('/usr/local/lib/tocsin-clamav-event.mjs', hook)
    const virusEvent = installed.replace('/etc/clamav/tocsin.env', file)
    program.write('clamd.conf', `${folders}LogTime yes\n${virusEvent}`)
    program.start('clamd', ['--config-file=clamd.conf'])
    await expect.poll(() => existsSync(socketPath), { timeout: 20_000, message: program.output }).toBe(true)
    const socket = connect(socketPath)
    socket.write(`zSCAN ${infected}\0`)
    const [reply] = (await once(socket, 'data')) as [Buffer]
    expect(reply.toString()).toContain('FOUND')
    socket.destroy()
    await expect.poll(came, { timeout: 20_000, message: program.output }).toBe(1)
    expect(eventsOf(desk)).toMatchObject([
      { schema: 'clamav', body: { path: infected, virus: expect.stringContaining('Tocsin.Test') as string } },
    ])
  })
})
