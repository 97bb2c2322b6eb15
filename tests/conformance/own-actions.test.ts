import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promises as dns } from 'node:dns'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Done, RunOutcome } from '../../electron/engine/actions/action-port.ts'
import { scriptFingerprint } from '../../electron/engine/actions/own/script-trust.ts'
import { changedSince } from '../../electron/engine/actions/prior-state.ts'
import type { JsonObject } from '../../shared/model/json.ts'
import { actionKit, GOLDEN_ALERT, subjectOf, type ActionKit } from '../fakes/action-kit.ts'
import { declared } from '../fakes/declared-world.ts'
import { FakeDns } from '../fakes/fake-dns.ts'
import { freePort, Program, programAt, suiteOf } from './forwarding/kit.ts'

/* The own actions of policies/examples/own-actions against the real nft and unbound: as they ship, but for sudo and addresses. */

const EXAMPLE = join(import.meta.dirname, '../../policies/examples/own-actions')
const read = (name: string): string => readFileSync(join(EXAMPLE, name), 'utf8')
const isRoot = process.getuid?.() === 0
const hasPython = programAt('python3') === '/usr/bin/python3' || spawnSync('/usr/bin/python3', ['-V']).status === 0

const subject = subjectOf(GOLDEN_ALERT)
const noStop = (): AbortSignal => new AbortController().signal

let program: Program
let kit: ActionKit
let helper: string

/** The helper with other programs to call, in place of root's one. */
function open(replace: Record<string, string>): void {
  program = new Program()
  let text = read('tocsin-block')
  for (const [line, other] of Object.entries(replace)) {
    expect(text).toContain(line)
    text = text.replace(line, other)
  }
  helper = program.write('tocsin-block.sh', text)
  const script = read('actions/block.sh').replace('sudo -n /usr/local/sbin/tocsin-block', helper)
  const declaredIn = declared(read('actions/block.yaml'), { 'actions/block.sh': script })
  const trusted = Object.fromEntries(
    declaredIn.actions.flatMap((one) => (one.kind === 'script.run' ? [[scriptFingerprint(one), 'block.sh']] : [])),
  )
  kit = actionKit({ declaredIn: () => declaredIn, trusted, dataDir: program.folder })
}

async function run(uses: string, args: JsonObject): Promise<RunOutcome> {
  return kit.actions.run(await kit.intent(uses, args), subject, noStop())
}

async function resultOf(uses: string, args: JsonObject): Promise<JsonObject> {
  const outcome = await run(uses, args)
  expect(outcome).toMatchObject({ outcome: 'succeeded' })
  return (outcome as { result: JsonObject }).result // as it succeeded
}

const done = (uses: string, args: JsonObject, result: JsonObject): Done => ({
  uses,
  args,
  result,
  policyVersionId: 'v1',
})

/** What the helper answers to a question that no script of ours asks. */
function ask(question: unknown, args: string[] = []): { status: number | null; stderr: string } {
  const input = typeof question === 'string' ? question : JSON.stringify(question)
  const { status, stderr } = spawnSync(helper, args, { input, encoding: 'utf8' })
  return { status, stderr }
}

const NETNS = `tocsin-${process.pid}`
const nft = (...args: string[]): string =>
  execFileSync('ip', ['netns', 'exec', NETNS, programAt('nft') ?? 'nft', ...args], { encoding: 'utf8' })

interface Element {
  val: string
  timeout?: number
}

/** The elements of a set, as nft tells them. */
function elements(set: string): Element[] {
  const { nftables } = JSON.parse(nft('-j', 'list', 'set', 'inet', 'tocsin', set)) as {
    nftables: { set?: { elem?: (string | { elem: Element })[] } }[]
  }
  const found = nftables.find((one) => one.set !== undefined)?.set?.elem ?? []
  return found.map((one) => (typeof one === 'string' ? { val: one } : one.elem))
}

const canNft = isRoot && hasPython && programAt('nft') !== null && programAt('ip') !== null
const nftSuite = isRoot ? suiteOf('nft', 'nftables iproute2 python3') : 'nft NEEDS ROOT: its own action is not tried'

describe.skipIf(!canNft)(nftSuite, () => {
  beforeEach(() => {
    execFileSync('ip', ['netns', 'add', NETNS])
    execFileSync('ip', ['netns', 'exec', NETNS, 'ip', 'link', 'set', 'lo', 'up'])
    nft('-f', join(EXAMPLE, 'tocsin.nft'))
    const inside = `NFT = ["${programAt('ip')}", "netns", "exec", "${NETNS}", "${programAt('nft')}"]`
    open({ 'NFT = ["/usr/sbin/nft"]': inside })
  })
  afterEach(async () => {
    await kit.close()
    await program.stop()
    execFileSync('ip', ['netns', 'del', NETNS])
  })

  /** Sends a datagram to an address from inside. @returns whether the kernel let it pass */
  function passes(ip: string): boolean {
    const code = `import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("${ip}", 9))`
    return spawnSync('ip', ['netns', 'exec', NETNS, '/usr/bin/python3', '-c', code]).status === 0
  }

  it('blocks an address for real, reads it back, and takes it out again exactly', async () => {
    const args = { ip: '127.0.0.2' }
    expect(passes('127.0.0.2')).toBe(true)
    const intent = await kit.intent('nftables.block_ip', args)
    expect(intent.plan.bound).toMatchObject({ id: '127.0.0.2', state: { blocked: false } })
    expect(elements('blocked4')).toEqual([])
    const result = await resultOf('nftables.block_ip', args)
    expect(result).toEqual({ id: '127.0.0.2', changed: true, before: { blocked: false }, after: { blocked: true } })
    expect([passes('127.0.0.2'), passes('127.0.0.3')]).toEqual([false, true])
    expect(await kit.actions.verify(done('nftables.block_ip', args, result), noStop())).toEqual({ state: 'holds' })
    const inverse = kit.actions.inverse('nftables.block_ip', args, result)
    expect(inverse).toEqual({ uses: 'nftables.unblock_ip', args })
    await resultOf('nftables.unblock_ip', args)
    expect(passes('127.0.0.2')).toBe(true)
  })

  it('leaves the end to the kernel: the block is over though nobody asked for it', async () => {
    const facts = kit.actions.describe('nftables.block_ip', { ip: '2001:DB8:0::1', for: '4h' })
    expect(facts?.expiry).toEqual({ afterMs: 14_400_000, isByTarget: true })
    expect(await resultOf('nftables.block_ip', { ip: '2001:DB8:0::1', for: '4h' })).toMatchObject({ id: '2001:db8::1' })
    expect(elements('blocked6')).toMatchObject([{ val: '2001:db8::1', timeout: 14_400 }])
    await resultOf('nftables.block_ip', { ip: '192.0.2.1', for: '1s' })
    await vi.waitFor(() => expect(elements('blocked4')).toEqual([]), { timeout: 10_000, interval: 100 })
  })

  it('changes nothing where it is so already, and an undo is refused once somebody else has changed it', async () => {
    nft('add', 'element', 'inet', 'tocsin', 'blocked4', '{ 192.0.2.1 }')
    const so = await resultOf('nftables.block_ip', { ip: '192.0.2.1' })
    expect(so).toMatchObject({ changed: false, before: { blocked: true } })
    expect(kit.actions.inverse('nftables.block_ip', { ip: '192.0.2.1' }, so)).toBe(null)
    const args = { ip: '192.0.2.2' }
    const result = await resultOf('nftables.block_ip', args)
    nft('delete', 'element', 'inet', 'tocsin', 'blocked4', '{ 192.0.2.2 }')
    const undo = await kit.intent('nftables.unblock_ip', args, 'undo')
    expect(changedSince(result, undo.plan)).toEqual(['blocked: was left true, is false'])
    expect(await kit.actions.verify(done('nftables.block_ip', args, result), noStop())).toMatchObject({
      state: 'drifted',
    })
  })

  it('says what nft said where the table is not there', async () => {
    nft('delete', 'table', 'inet', 'tocsin')
    await expect(kit.intent('nftables.block_ip', { ip: '192.0.2.1' })).rejects.toMatchObject({ code: 'script_failed' })
  })

  it.each([
    ['no JSON', 'nft flush ruleset'],
    ['another action', { do: 'run', action: 'nftables.flush', args: {} }],
    ['another question', { do: 'flush', action: 'nftables.block_ip', args: { ip: '192.0.2.1' } }],
    ['more than is asked for', { do: 'run', action: 'nftables.block_ip', args: { ip: '192.0.2.1' }, as: 'root' }],
    ['another argument', { do: 'run', action: 'nftables.block_ip', args: { ip: '192.0.2.1', table: 'filter' } }],
    ['a range', { do: 'run', action: 'nftables.block_ip', args: { ip: '0.0.0.0/0' } }],
    ['a command', { do: 'run', action: 'nftables.block_ip', args: { ip: '192.0.2.1 }; flush ruleset' } }],
    ['a number for an address', { do: 'run', action: 'nftables.block_ip', args: { ip: 3_221_225_985 } }],
    ['a zone of an address', { do: 'run', action: 'nftables.block_ip', args: { ip: 'fe80::1%eth0' } }],
    ['a time that is text', { do: 'run', action: 'nftables.block_ip', args: { ip: '192.0.2.1', for_seconds: '1; x' } }],
    ['true for a time', { do: 'run', action: 'nftables.block_ip', args: { ip: '192.0.2.1', for_seconds: true } }],
  ])('[S25] root’s half refuses %s and changes nothing', (_, question) => {
    const before = nft('list', 'ruleset')
    const { status, stderr } = ask(question)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^tocsin-block: /)
    expect(nft('list', 'ruleset')).toBe(before)
    const good = { do: 'run', action: 'nftables.block_ip', args: { ip: '192.0.2.1' } }
    expect(ask(good, ['--table', 'filter'])).toMatchObject({ status: 1 })
    expect(nft('list', 'ruleset')).toBe(before)
  })
})

const canUnbound = hasPython && programAt('unbound') !== null && programAt('unbound-control') !== null

describe.skipIf(!canUnbound)(suiteOf('unbound', 'unbound python3'), () => {
  const NAME = 'bad.example'
  let upstream: FakeDns
  let server: Program
  let resolver: dns.Resolver
  let config: string

  beforeEach(async () => {
    const record = (name: string) => [{ type: 'A' as const, name, ttl: 0, data: '192.0.2.7' }]
    upstream = await FakeDns.start({ [NAME]: record(NAME), [`www.${NAME}`]: record(`www.${NAME}`) })
    server = new Program()
    const port = await freePort()
    const { folder } = server
    config = server.write(
      'unbound.conf',
      `server:
  interface: 127.0.0.1@${port}
  do-daemonize: no
  chroot: ""
  username: ""
  pidfile: ""
  directory: "${folder}"
  use-syslog: no
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "held.example." static
remote-control:
  control-enable: yes
  control-interface: ${folder}/control.sock
forward-zone:
  name: "."
  forward-addr: ${upstream.server.replace(':', '@')}
`,
    )
    server.start('unbound', ['-c', config])
    const control = `UNBOUND_CONTROL = ["${programAt('unbound-control')}", "-c", "${config}"]`
    open({ 'UNBOUND_CONTROL = ["/usr/sbin/unbound-control"]': control })
    resolver = new dns.Resolver({ timeout: 2000, tries: 1 })
    resolver.setServers([`127.0.0.1:${port}`])
    await vi.waitFor(() => expect(spawnSync('unbound-control', ['-c', config, 'status']).status).toBe(0), {
      timeout: 10_000,
    })
  })
  afterEach(async () => {
    await kit.close()
    await program.stop()
    await server.stop()
    await upstream.close()
  })

  it('answers that the domain does not exist, and resolves it again after the undo', async () => {
    const args = { domain: NAME }
    expect(await resolver.resolve4(`www.${NAME}`)).toEqual(['192.0.2.7'])
    const result = await resultOf('unbound.block_domain', args)
    expect(result).toEqual({ id: NAME, changed: true, before: { zone: 'none' }, after: { zone: 'always_nxdomain' } })
    for (const name of [NAME, `www.${NAME}`])
      await expect(resolver.resolve4(name)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect(await resultOf('unbound.block_domain', args)).toMatchObject({ changed: false })
    expect(kit.actions.inverse('unbound.block_domain', args, result)).toEqual({ uses: 'unbound.unblock_domain', args })
    expect(await resultOf('unbound.unblock_domain', args)).toMatchObject({ changed: true, after: { zone: 'none' } })
    expect(await resolver.resolve4(`www.${NAME}`)).toEqual(['192.0.2.7'])
  })

  it('tells drift when another client took the zone away', async () => {
    const args = { domain: NAME }
    const result = await resultOf('unbound.block_domain', args)
    expect(spawnSync('unbound-control', ['-c', config, 'local_zone_remove', NAME]).status).toBe(0)
    expect(await kit.actions.verify(done('unbound.block_domain', args, result), noStop())).toEqual({
      state: 'drifted',
      differences: ['zone: was left always_nxdomain, is none'],
      isReleased: true,
    })
  })

  it('leaves a zone of another kind alone', async () => {
    await expect(kit.intent('unbound.block_domain', { domain: 'held.example' })).rejects.toMatchObject({
      code: 'target_barred',
    })
  })

  it.each([
    'com',
    '.',
    'a..b',
    '-a.example',
    'a_b.example\nlocal_zones',
    'BAD.example',
    '*.example',
    'bad.example.',
    'bаd.example',
    `${'a'.repeat(64)}.example`,
  ])('[S25] root’s half refuses the name %j and changes nothing', (domain) => {
    const zones = (): string =>
      execFileSync('unbound-control', ['-c', config, 'list_local_zones'], { encoding: 'utf8' })
    const before = zones()
    expect(ask({ do: 'run', action: 'unbound.block_domain', args: { domain } })).toMatchObject({ status: 1 })
    expect(zones()).toBe(before)
  })
})

const visudo = programAt('visudo')

it.skipIf(visudo === null)(
  visudo === null ? 'sudo IS NOT INSTALLED: its line is not tried' : 'the line for sudo is sound',
  () => {
    const line = /```sudoers\n([^]*?)```/.exec(read('README.md'))?.[1] ?? ''
    expect(line).toContain('tocsin-block ""')
    expect(spawnSync(visudo ?? '', ['-c', '-f', '-'], { input: line, encoding: 'utf8' })).toMatchObject({ status: 0 })
  },
)

it('one script carries out all four', () => {
  const { actions } = declared(read('actions/block.yaml'), { 'actions/block.sh': read('actions/block.sh') })
  const hash = createHash('sha256').update(read('actions/block.sh')).digest('hex')
  expect(actions.map((one) => one.kind === 'script.run' && one.sha256)).toEqual([hash, hash, hash, hash])
  expect(new Set(actions.flatMap((one) => (one.kind === 'script.run' ? [scriptFingerprint(one)] : []))).size).toBe(1)
})
