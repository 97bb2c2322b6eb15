import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import { jsonObject, type JsonObject, type JsonValue } from '../../../../shared/model/json.ts'
import type { SourceFile } from '../../policy/toolchain/types.ts'
import type { ReadContext } from '../action-definition.ts'
import type { ServiceRequest } from '../containment-model.ts'
import type { DeclaredAction, ScriptDeclaration } from './declaration.ts'
import type { OwnKind } from './own-action.ts'
import { scriptPath } from './own-files.ts'
import { runScript } from './run-script.ts'
import { scriptFingerprint } from './script-trust.ts'
import { fillText } from './template.ts'

export type ScriptAction = ScriptDeclaration & DeclaredAction & { sha256: string }

export interface ScriptParts {
  /** All files of the policy version that declares it: what runs is the script as it holds it. */
  sources: readonly SourceFile[]
  /** What the analyst trusts, by fingerprint, read anew at each use. */
  trusted: () => Readonly<Record<string, string>>
  /** Where copies of scripts are made: ours alone once `isReady` has resolved. */
  folder: string
  isReady: Promise<void>
}

/** What a script says of its target. */
const readingSchema = z.object({
  id: z.string().min(1).max(500).optional(),
  state: jsonObject,
  rows: z
    .array(z.object({ key: z.string().max(200), value: z.string().max(2000) }))
    .max(50)
    .default([]),
})

const boundSchema = z.object({ script: z.string() })

/** What an own action does that is a script: `do` says what it is asked for. */
export function scriptKind(declared: ScriptAction, parts: ScriptParts): OwnKind<ServiceRequest> {
  const { script, sha256, target } = declared
  const file = scriptPath(script.file)
  const untrusted = `${file} is not trusted as it is (Settings, Scripts)`
  const isTrusted = (): boolean => Object.hasOwn(parts.trusted(), scriptFingerprint(declared))
  const ask = async (what: 'run' | 'read', args: JsonObject, context: ReadContext): Promise<JsonValue> => {
    assertNoHost(context)
    await parts.isReady
    return runScript({
      source: parts.sources.find(({ path }) => path === file)?.source ?? '',
      name: script.file,
      sha256,
      env: script.env,
      input: { do: what, action: declared.name, args },
      timeoutMs: Math.min(context.remainingMs(), declared.timeout_s * 1000),
      maxOutputBytes: script.max_output_kib * 1024,
      signal: context.signal,
      folder: parts.folder,
    })
  }
  return {
    who: 'the target',
    effect: () => (isTrusted() ? declared.effect : 'contain'),
    mustAsk: () => (isTrusted() ? null : untrusted),
    async read(args, context) {
      // Of what was approved: later looks are nobody's word.
      if (!isTrusted() && !('intent' in context))
        throw new TocsinError('script_not_trusted', `${untrusted}: it was not asked.`)
      const parsed = readingSchema.safeParse(await ask('read', args, context))
      if (!parsed.success)
        throw new TocsinError('bad_answer', `${file} was asked to read and answered no {"state": {…}}.`)
      const { id = fillText(target, args), state, rows } = parsed.data
      return { id, state, rows: [{ key: 'Target', value: fillText(target, args) }, ...rows] }
    },
    request: (args) => ({ call: `run ${file}`, body: args }),
    send(_request, args, context) {
      const planned = boundSchema.safeParse(context.intent.plan.bound)
      if (planned.data?.script !== sha256)
        throw new TocsinError('script_changed', `${file} is not the script that was planned: nothing was run.`)
      return ask('run', args, context)
    },
    probe: null,
    facts: () => ({
      rows: [
        { key: 'Script', value: file },
        { key: 'SHA-256', value: sha256 },
        { key: 'Trusted', value: isTrusted() ? 'yes' : 'no: it waits whatever the policy says' },
      ],
      bound: { script: sha256 },
    }),
  }
}

/** A script goes wherever it likes: a secret that is bound to hosts is not for it. */
function assertNoHost({ secrets }: ReadContext): void {
  const bound = secrets.find(({ hosts }) => hosts.length > 0)
  if (bound === undefined) return
  throw new TocsinError(
    'secret_host_refused',
    `The secret ${bound.name} is bound to hosts, and a script may go anywhere: give it one that is not.`,
  )
}
