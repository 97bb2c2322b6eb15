import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { CommandWorld } from '../../tests/fakes/command.ts'

const HOOK = fileURLToPath(new URL('../../tests/fakes/loaded-modules.ts', import.meta.url))
const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url))

/** What a command for one event or some scenarios has no use for, and would wait for. */
const HEAVY = [
  /node_modules\/(undici|graphql|ws|@aws-sdk|@smithy)\//,
  /engine\/(receiver\/receiver|reception|desk-parts|desk\/desk|graphql\/.*|replay\/.*)\.ts$/,
  /^node:(http|https|tls)$/,
]

const world = new CommandWorld()
afterAll(() => world.remove())

/** An evaluation that takes too long goes to a thread (`policy/inline-lane.ts`): on a busy machine any one may. */
const TRIES = 5

interface Loaded {
  modules: string[]
  threads: string[]
}

/** Runs a command once, because the first time compiles the policies, and again. @returns what the last loaded and started */
async function loadedBy(args: readonly string[]): Promise<Loaded> {
  const told = join(world.folder, 'loaded.json')
  const once = () =>
    world.startAny(process.execPath, ['--import', HOOK, CLI, ...args], { TOCSIN_LOADED_MODULES: told }).ended
  await once()
  for (let tries = 1; ; tries += 1) {
    expect(await once()).toBe(0)
    const loaded = JSON.parse(readFileSync(told, 'utf8')) as Loaded // as the hook writes it
    if (loaded.threads.length === 0 || tries === TRIES) return loaded
  }
}

const POLICY = 'package alert.fine\n\nalert contains {"title": input.title}\n'
mkdirSync(join(world.folder, 'policy'))
mkdirSync(join(world.folder, 'scenario'))
writeFileSync(join(world.folder, 'policy', 'fine.rego'), POLICY)
writeFileSync(join(world.folder, 'event.json'), '{"title": "a"}')
writeFileSync(
  join(world.folder, 'scenario', 'one.jsonnet'),
  '{id: "one", title: "One", events: [{input: import "event.json", schema: "fine"}]}',
)
writeFileSync(join(world.folder, 'scenario', 'event.json'), '{"title": "a"}')

it.each([
  ['run', ['run', '-d', 'policy', '-s', 'fine', '-i', 'event.json', '-l', 'error']],
  ['play', ['play', '-d', 'policy', '-s', 'scenario', '-o', 'output']],
])('%s loads nothing that only a desk or a request needs, and starts no thread', async (_, args) => {
  const { modules, threads } = await loadedBy(args)
  expect(modules.some((url) => url.endsWith('electron/engine/intake/intake.ts'))).toBe(true)
  expect(modules.filter((url) => HEAVY.some((heavy) => heavy.test(url)))).toEqual([])
  expect(threads).toEqual([])
})
