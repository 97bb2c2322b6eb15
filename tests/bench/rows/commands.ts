import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findingOf } from '../event.ts'
import { ALERTCHAIN, listed, median, ms, ratio, rounds, timed, type Row } from '../measure.ts'
import { CLI, GUARDDUTY, ROOT, withFolder } from '../server.ts'

const SCENARIOS = 100
const BYTES = 2200
const TARGET_PLAY_MS = 300
const TARGET_RUN_MS = 150

const execute = promisify(execFile)

/** What a person calls; it looks for sources that changed before it loads the command. */
const TOCSIN = join(ROOT, 'bin/tocsin.js')

/** Whole processes: `play` of 100 scenarios, `run` of one event. */
export async function commands(): Promise<Row[]> {
  if (!existsSync(CLI)) throw new Error('There is no build to measure: run "npm run build" first')
  return withFolder(async (folder) => {
    writeScenarios(join(folder, 'scenario'))
    writeFileSync(join(folder, 'event.json'), findingOf(BYTES))
    const command = (...args: string[]): Promise<number> =>
      timed(() =>
        execute(process.execPath, [TOCSIN, ...args], { cwd: folder, env: { TOCSIN_CACHE: join(folder, 'cache') } }),
      )
    const bare = median(await rounds(() => command('version')))
    const play = (): Promise<number> => command('play', '-d', GUARDDUTY, '-s', 'scenario', '-o', 'output')
    const run = (): Promise<number> =>
      command('run', '-d', GUARDDUTY, '-s', 'aws_guardduty', '-i', 'event.json', '--mode', 'dry-run', '-l', 'error')
    return [
      await row('play, 100 scenarios', play, { bare, peer: ALERTCHAIN.play, targetMs: TARGET_PLAY_MS }),
      await row('run, one event', run, { bare, peer: ALERTCHAIN.run, targetMs: TARGET_RUN_MS }),
    ]
  })
}

async function row(
  name: string,
  once: () => Promise<number>,
  { bare, peer, targetMs }: { bare: number; peer: number; targetMs: number },
): Promise<Row> {
  const first = await once()
  const times = await rounds(once)
  const time = median(times)
  return {
    name,
    ours: ms(time),
    against: `AlertChain ${ms(peer)} ${ratio(peer, time)}; a process that does nothing ${ms(bare)}`,
    facts: ['the whole process', `the first one, which compiles what the others find, ${ms(first)}`, listed(times)],
    target: `≤ ${targetMs} ms`,
    isOk: time <= targetMs,
  }
}

/** Jsonnet with imports, two actions each. */
function writeScenarios(folder: string): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'event.json'), findingOf(BYTES))
  writeFileSync(
    join(folder, 'env.libsonnet'),
    `{ CHATGPT_API_KEY: 'key', SLACK_WEBHOOK_URL: 'https://hooks.example/x' }\n`,
  )
  for (let i = 0; i < SCENARIOS; i += 1) writeFileSync(join(folder, `s${i}.jsonnet`), scenario(`s${i}`))
}

function scenario(id: string): string {
  return `{
  id: '${id}',
  title: 'Scenario ${id}',
  events: [{
    input: import 'event.json',
    schema: 'aws_guardduty',
    actions: { 'chatgpt.query': [{ choices: [{ message: { content: 'An answer.' } }] }] },
  }],
  env: import 'env.libsonnet',
}
`
}
