import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { PlayFailure } from './scenario-player.ts'

/** What AlertChain's `data.json` says of an error, apart from its id and stack. */
interface Form {
  message: string
  cause: JsonValue
  values: JsonObject
  tags: JsonValue
}

/**
 * A failure in AlertChain's words (`behaviour/alertchain.md` §3, §4), with ours as its cause; one that AlertChain has no words
 * for stays in ours.
 * @param newId makes the id of a cause that is an error by itself
 */
export function failureForm(failure: PlayFailure, newId: () => string): Form {
  const { code, message, policy, values } = failure
  const form = { message, cause: null, values, tags: ['policy'] }
  if (policy !== null) {
    const cause = { id: newId(), stacktrace: [], cause: placed(failure), values: {}, tags: null }
    const outer = code === 'policy_result' ? NO_RESULT : 'Fail to evaluate policy'
    return { ...form, message: `failed to evaluate ${policy} policy`, cause: { message: outer, ...cause } }
  }
  switch (code) {
    case 'action_not_found':
      return { ...form, message: NOT_FOUND }
    case 'commit_empty': {
      const { action: _action, uses: _uses, ...rest } = values
      return {
        ...form,
        message: 'Path is empty and Value is nil',
        values: { ...rest, attr: emptyCommit(values) },
        tags: null,
      }
    }
    case 'commit_path':
      return { ...form, message: 'failed to evaluate JSON path', cause: message, tags: null }
    default:
      return form
  }
}

/** The same as the text that the generation of `init` and `exit` wrote. */
export function failureText(failure: PlayFailure): string {
  const { code, message, policy } = failure
  // v0.0.20 wrapped this one in an error without words.
  if (policy === null) return code === 'action_not_found' ? `: ${NOT_FOUND}` : message
  const outer = code === 'policy_result' ? NO_RESULT : 'fail to eval local policy'
  return `failed to evaluate ${policy} policy: ${outer}: ${placed(failure)}`
}

const NOT_FOUND = 'action not found'
const NO_RESULT = 'fail to unmarshal a result of rego.Eval to out'

/** OPA names the error between its place and its text. */
function placed({ code, message }: PlayFailure): string {
  return /^(?:eval|rego)_/.test(code) ? message.replace(/^(\S+\.rego:\d+: )?/, `$1${code}: `) : message
}

/** The attribute of the first commit that says nothing. */
function emptyCommit({ action }: JsonObject): JsonValue {
  const commits = (action as { commit: JsonObject[] | null } | undefined)?.commit ?? [] // written by `recorder.ts` in this shape
  const { path: _path, ...attribute } = commits.find(({ path, value }) => path === '' && value === null) ?? {}
  return attribute
}
