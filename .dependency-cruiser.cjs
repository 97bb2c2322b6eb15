/** The rooms of the chain from the ground up: a room knows those below it. */
const CHAIN_FLOORS = [['records'], ['rounds'], ['outcomes'], ['recovery', 'approvals'], ['execution'], ['runs']]

/** @returns {import('dependency-cruiser').IForbiddenRuleType[]} a rule for each floor but the highest */
function chainFloors() {
  /** @param {string[]} names */
  const room = (names) => `^electron/engine/chain/(${names.join('|')})/`
  return CHAIN_FLOORS.slice(0, -1).map((names, floor) => ({
    name: 'chain-runs-up',
    comment: 'What a round is knows nothing of approvals, what an outcome is nothing of whoever executes.',
    severity: 'error',
    from: { path: room(names), pathNot: '\\.test\\.ts$' },
    to: { path: room(CHAIN_FLOORS.slice(floor + 1).flat()) },
  }))
}

/**
 * Import zones. They keep the engine free of Electron and of the screen (it runs in plain Node as well), and the screen
 * free of everything but `shared/`.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    ...chainFloors(),
    {
      name: 'no-circular',
      comment: 'A cycle has no order in which it can be understood or loaded.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'engine-knows-no-host',
      comment: 'The engine runs under plain Node: nothing of the shell, the screen, the bridge or the entries.',
      severity: 'error',
      from: { path: '^electron/engine/' },
      to: { path: '^(renderer/|electron/(shell|bridge|cli)/|electron/[^/]+\\.ts$)' },
    },
    {
      name: 'rooms-know-no-composition',
      comment: 'The files of electron/engine/ itself put its rooms together; a room asks for what it needs.',
      severity: 'error',
      from: { path: '^electron/engine/[^/]+/', pathNot: '\\.test\\.ts$|^electron/engine/threads/thread\\.ts$' },
      to: { path: '^electron/engine/[^/]+\\.ts$' },
    },
    {
      name: 'only-shell-imports-electron',
      comment: 'Electron is reached through electron/shell, main.ts and preload.ts, types included.',
      severity: 'error',
      from: { pathNot: '^(electron/(shell/|main\\.ts$|preload\\.ts$)|tests/(fakes|e2e)/)' },
      to: { path: '(^|/)electron(/main|/renderer|/common)?$|node_modules/electron/' },
    },
    {
      name: 'shell-touches-no-engine',
      comment: 'The shell takes what it needs as constructor arguments; main.ts composes.',
      severity: 'error',
      from: { path: '^electron/shell/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(electron/(engine|bridge|cli)/|renderer/)' },
    },
    {
      name: 'shared-stands-alone',
      comment: 'shared/ runs in the page, in main and in every thread.',
      severity: 'error',
      from: { path: '^shared/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^(shared/|node_modules/)', dependencyTypesNot: ['npm', 'npm-dev'] },
    },
    {
      name: 'shared-has-no-node',
      comment: 'The page has no Node.',
      severity: 'error',
      from: { path: '^shared/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'renderer-knows-shared-only',
      comment: 'The page reaches the rest by the bridge.',
      severity: 'error',
      from: { path: '^renderer/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^(electron/|tests/|scripts/)' },
    },
    {
      name: 'renderer-has-no-node',
      comment: 'The page has no Node.',
      severity: 'error',
      from: { path: '^renderer/', pathNot: '\\.test\\.tsx?$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'preload-is-small',
      comment: 'The preload knows its bridge and electron, nothing else (zod would add 132 kB to it).',
      severity: 'error',
      from: { path: '^electron/preload\\.ts$' },
      to: { pathNot: '^(shared/|electron/shell/desk-bridge\\.ts$)|(^|/)electron$|node_modules/electron/' },
    },
    {
      name: 'sql-in-the-store',
      comment: 'SQL lives in electron/engine/store and in *-store.ts of a feature; everything else asks these.',
      severity: 'error',
      from: { pathNot: '^electron/engine/(store/|.*-store\\.ts$)|\\.test\\.ts$|^tests/' },
      to: { path: 'better-sqlite3' },
    },
    {
      name: 'product-imports-no-tests',
      comment: 'What ships does not hang on fixtures or scripts.',
      severity: 'error',
      from: { path: '^(electron|renderer|shared)/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^(tests|scripts)/|\\.test\\.tsx?$' },
    },
    {
      name: 'resolvable',
      comment: 'An import that nothing answers.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist)/' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.css'],
    },
  },
}
