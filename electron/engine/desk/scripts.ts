import { TocsinError } from '../../../shared/errors.ts'
import type { ScriptRow } from '../../../shared/model/settings.ts'
import { scriptPath } from '../actions/own/own-files.ts'
import { scriptFingerprint } from '../actions/own/script-trust.ts'
import { ANALYST } from '../chain/chain-deps.ts'
import type { DeskContext, Handlers } from './context.ts'

type Context = Pick<DeskContext, 'store' | 'policy' | 'bus'>

/** Scripts of own actions: shown as they would run, trusted and no longer trusted. */
export function scriptHandlers(context: Context): Handlers<'scripts.list' | 'scripts.trust' | 'scripts.withdraw'> {
  return {
    'scripts.list': () => ({ rows: rowsOf(context) }),
    'scripts.trust': async ({ fingerprint }) => {
      const row = rowsOf(context).find((one) => one.fingerprint === fingerprint)
      if (row === undefined)
        throw new TocsinError('script_missing', 'The script is another one by now: look at it again, then trust it.')
      await keep(context, 'script.trust', row.file, (trusted) => ({ ...trusted, [fingerprint]: row.file }))
      return {}
    },
    'scripts.withdraw': async ({ fingerprint }) => {
      const file = context.store.settings.get('scripts.trusted')[fingerprint]
      if (file === undefined) return {}
      await keep(context, 'script.withdraw', file, (trusted) =>
        Object.fromEntries(Object.entries(trusted).filter(([one]) => one !== fingerprint)),
      )
      return {}
    },
  }
}

async function keep(
  { store, bus }: Context,
  kind: string,
  file: string,
  change: (trusted: Record<string, string>) => Record<string, string>,
): Promise<void> {
  await store.writer.commit('setting', (tx) => {
    const before = store.settings.get('scripts.trusted')
    const after = change(before)
    store.settings.set(tx, { 'scripts.trusted': after }, ANALYST)
    tx.act({ by: ANALYST, kind, subjectKind: 'script', subjectId: file, before, after })
  })
  bus.changed(['settings', 'state'])
}

/** One row for each script and way of running it; what several actions run alike is one. */
function rowsOf({ store, policy }: Context): ScriptRow[] {
  const trusted = store.settings.get('scripts.trusted')
  const files = new Set(Object.values(trusted))
  const { actions, sources } = policy.declaredIn(null) ?? { actions: [], sources: [] }
  const rows = new Map<string, ScriptRow>()
  for (const declared of actions) {
    if (declared.kind !== 'script.run') continue
    const { name, sha256, effect, script } = declared
    const file = scriptPath(script.file)
    const fingerprint = scriptFingerprint(declared)
    const known = rows.get(`${file} ${fingerprint}`)
    if (known !== undefined) known.actions.push(name)
    else {
      const source = sources.find(({ path }) => path === file)?.source ?? ''
      const trust = Object.hasOwn(trusted, fingerprint) ? 'trusted' : files.has(file) ? 'changed' : 'none'
      rows.set(`${file} ${fingerprint}`, {
        fingerprint,
        file,
        sha256,
        actions: [name],
        effect,
        env: script.env,
        source,
        trust,
      })
    }
  }
  return [...rows.values()]
}
