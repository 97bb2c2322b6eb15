import { RE2JS } from 're2js'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { errorMessage } from '../../../../shared/errors.ts'
import { parseJsonPath } from '../../chain/rounds/json-path.ts'
import { ACTION_NAMES } from '../action-names.ts'
import { isSecretName, readsTarget, type Declaration } from './declaration.ts'
import { fillUrl, namesIn } from './template.ts'

/** What is wrong with a declaration, and where in it. */
export interface Fault {
  path: (string | number)[]
  message: string
}

/** What a template may name. */
interface Nameable {
  secrets: boolean
  optional: boolean
  forSeconds?: boolean
  before?: boolean
}

/**
 * What the form of a declaration does not say.
 * @param others every declaration of the workspace by name, this one among them
 */
export function faultsOf(declared: Declaration, others: ReadonlyMap<string, Declaration>): Fault[] {
  return [
    ...nameFaults(declared),
    ...effectFaults(declared),
    ...stateFaults(declared),
    ...Object.entries(declared.args).flatMap(([name, argument]) => argumentFaults(name, argument)),
    ...templateFaults(declared),
    ...pathFaults(declared),
    ...undoFaults(declared, others),
  ]
}

function nameFaults({ name }: Declaration): Fault[] {
  if (!Object.hasOwn(ACTION_NAMES, name)) return []
  return [{ path: ['name'], message: `${name} is built in: give the own action another name` }]
}

/** An effect may be declared higher than what the kind does, never lower. */
function effectFaults(declared: Declaration): Fault[] {
  const { effect } = declared
  if (declared.so !== undefined && effect !== 'contain')
    return [{ path: ['effect'], message: 'it makes its target so, which is the effect contain' }]
  if (declared.kind === 'http' && effect === 'observe' && !['GET', 'HEAD'].includes(declared.request.method))
    return [{ path: ['effect'], message: `${declared.request.method} may change something: notify or contain` }]
  if (effect === 'contain' && declared.undo === undefined && declared.no_undo === undefined)
    return [{ path: ['effect'], message: 'what contains has undo, or no_undo with the reason' }]
  return []
}

function stateFaults(declared: Declaration): Fault[] {
  const reads = readsTarget(declared)
  const faults: Fault[] = []
  const say = (name: string, message: string): void => void faults.push({ path: [name], message })
  if (reads && declared.so === undefined)
    say(declared.kind === 'http' ? 'read' : 'reads', 'needs `so`: the state that the action makes')
  if (declared.so !== undefined && Object.keys(declared.so).length === 0)
    say('so', 'names nothing of the target: every target would be so already')
  if (declared.open?.some((one) => Object.keys(one).length === 0) === true)
    say('open', 'has a state without a field, which every target is in: leave `open` out')
  if (!reads && declared.so !== undefined) say('so', 'needs a look at the target: declare how it is read')
  if (!reads && declared.open !== undefined) say('open', 'needs a look at the target: declare how it is read')
  if (declared.ended_by_target && (!reads || declared.undo === undefined))
    say('ended_by_target', 'is for an action that reads its target and has an undo')
  if (declared.undo !== undefined && !reads && declared.effect !== 'contain')
    say('undo', 'is for an action that contains')
  if (declared.kind === 'http' && declared.read !== undefined) {
    const { state } = declared.read
    const unknown = Object.keys(declared.so ?? {}).filter((name) => !Object.hasOwn(state, name))
    if (unknown.length > 0) say('so', `${unknown.join(', ')} is not in the state that is read`)
    if (declared.read.absent !== undefined && declared.read.id !== undefined)
      faults.push({ path: ['read', 'id'], message: 'what may be absent has no id of its own: leave it out' })
    if (declared.probe !== undefined) say('probe', 'is not needed: the target is read')
  }
  return faults
}

function argumentFaults(name: string, argument: Declaration['args'][string]): Fault[] {
  const path = ['args', name]
  if (name === 'for') return [{ path, message: 'is added where a containment can end' }]
  const isText = argument.type === 'string' || argument.type === 'strings'
  if (isSecretName(name) && argument.type !== 'string') return [{ path, message: 'a secret is a string' }]
  if (!isText && (argument.pattern !== undefined || argument.enum !== undefined))
    return [{ path, message: 'pattern and enum are for strings' }]
  if (isText && (argument.min !== undefined || argument.max !== undefined))
    return [{ path, message: 'min and max are for numbers' }]
  try {
    if (argument.pattern !== undefined) RE2JS.compile(argument.pattern)
    return []
  } catch (error) {
    return [{ path: [...path, 'pattern'], message: `is no pattern: ${errorMessage(error)}` }]
  }
}

function templateFaults(declared: Declaration): Fault[] {
  const shown: Nameable = { secrets: false, optional: false }
  const sent: Nameable = { secrets: true, optional: true, forSeconds: declared.ended_by_target }
  const faults = (['title', 'target', 'does'] as const).flatMap((name) =>
    names(declared, [name], declared[name], shown),
  )
  // What is absent would leave out what is compared, and then anything is as it should be.
  faults.push(...names(declared, ['so'], declared.so ?? null, shown))
  faults.push(...names(declared, ['open'], declared.open ?? null, shown))
  faults.push(
    ...names(declared, ['undo', 'args'], declared.undo?.args ?? null, { ...sent, forSeconds: false, before: true }),
  )
  if (declared.kind === 'script.run') return faults
  for (const part of ['request', 'read', 'probe'] as const) {
    const one = declared[part]
    if (one === undefined) continue
    faults.push(...urlFaults(declared, [part, 'url'], one.url))
    faults.push(...names(declared, [part, 'headers'], one.headers, { ...sent, optional: false, forSeconds: false }))
  }
  return [...faults, ...names(declared, ['request', 'body'], declared.request.body ?? null, sent)]
}

/** A scheme and a host before the first slash, with nothing in them that an argument or a log-in could be. */
const WRITTEN_OUT = /^https?:\/\/[^/?#{}\s\\@]+\//

/** Where it goes is the author's word alone: no argument stands in what comes before the path. */
function urlFaults(declared: Declaration, path: Fault['path'], text: string): Fault[] {
  const found = names(declared, path, text, { secrets: false, optional: false })
  if (found.length > 0) return found
  if (!WRITTEN_OUT.test(text))
    return [{ path, message: 'is an https: or http: address with a path, whose host is written out' }]
  try {
    fillUrl(text, Object.fromEntries(namesIn(text).map((name) => [name, 'x'])))
    return text.includes('#') ? [{ path, message: 'has a fragment, which is never sent' }] : []
  } catch {
    return [
      { path, message: 'is not written as it is sent: no port that goes without saying, no .., and signs encoded' },
    ]
  }
}

function names(declared: Declaration, path: Fault['path'], value: JsonValue, may: Nameable): Fault[] {
  try {
    return [...new Set(namesIn(value))].flatMap((name) => {
      const why = wrongName(declared, name, may)
      return why === null ? [] : [{ path, message: `{${name}} ${why}` }]
    })
  } catch (error) {
    return [{ path, message: errorMessage(error) }]
  }
}

function wrongName(declared: Declaration, name: string, may: Nameable): string | null {
  if (name === 'for_seconds') return may.forSeconds === true ? null : 'is only in the request of what its target ends'
  if (name.startsWith('before.'))
    return may.before === true && readsTarget(declared) ? null : 'is only in the arguments of an undo'
  const argument = Object.hasOwn(declared.args, name) ? declared.args[name] : undefined
  if (argument === undefined) return 'is no argument'
  if (isSecretName(name) && !may.secrets) return 'is a secret, which stands in headers and body alone'
  if (argument.optional && !may.optional) return 'may be absent, and cannot stand here then'
  return null
}

function pathFaults(declared: Declaration): Fault[] {
  if (declared.kind === 'script.run') return []
  const { request, read, probe } = declared
  const paths: [Fault['path'], string][] = [
    ...(request.result === undefined ? [] : [[['request', 'result'], request.result] as [Fault['path'], string]]),
    ...(read?.id === undefined ? [] : [[['read', 'id'], read.id] as [Fault['path'], string]]),
    ...Object.entries(read?.state ?? {}).map(([name, path]): [Fault['path'], string] => [
      ['read', 'state', name],
      path,
    ]),
    ...[request, read, probe].flatMap((one, index) =>
      Object.keys(one?.success?.json ?? {}).map((path): [Fault['path'], string] => [
        [['request', 'read', 'probe'][index] ?? '', 'success', 'json', path],
        path,
      ]),
    ),
  ]
  return paths.flatMap(([path, text]) => {
    try {
      return parseJsonPath(text).isSingular ? [] : [{ path, message: 'may find several values: name one' }]
    } catch (error) {
      return [{ path, message: errorMessage(error) }]
    }
  })
}

function undoFaults({ name, undo, args }: Declaration, others: ReadonlyMap<string, Declaration>): Fault[] {
  if (undo === undefined) return []
  if (undo.uses === name) return [{ path: ['undo', 'uses'], message: 'is the action itself' }]
  const inverse = others.get(undo.uses)
  if (inverse === undefined) {
    // A built-in one says itself what it lacks when it is proposed; its arguments have to be given.
    if (Object.hasOwn(ACTION_NAMES, undo.uses) && undo.args !== undefined) return []
    return [{ path: ['undo', 'uses'], message: `there is no declared action ${undo.uses}` }]
  }
  const given = undo.args === undefined ? Object.keys(args) : Object.keys(undo.args)
  const lacking = Object.entries(inverse.args).filter(([arg, { optional }]) => !optional && !given.includes(arg))
  const unknown = Object.keys(undo.args ?? {}).filter((arg) => !Object.hasOwn(inverse.args, arg))
  return [
    ...lacking.map(([arg]) => ({ path: ['undo'], message: `${undo.uses} needs ${arg}, which this action has not` })),
    ...unknown.map((arg) => ({ path: ['undo', 'args', arg], message: `${undo.uses} has no argument ${arg}` })),
  ]
}
