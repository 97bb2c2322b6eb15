import type { JsonValue } from '../../shared/model/json.ts'

/** One event for each way in which a first round can go: `do` is what the action policy is told. */
export interface OneEvent {
  schema: string
  body: string | Uint8Array
  /** Chains of a namespace have an order: no two of one namespace may be under way together. */
  namespace: string
}

const ALERTS = `package alert.things

alert contains object.union(one, {"source": "ways", "description": sprintf("%v of %v", [i, count(input.alerts)])}) if {
	some i, one in input.alerts
}
`

/** What it was given does not matter, null included. */
const ANYTHING = `package alert.anything

alert contains {"title": "anything", "attrs": [{"key": "type", "value": type_name(input)}]}
`

/** OPA's own evaluator alone knows the built-in. */
const FULL = `package alert.full

alert contains {"title": sprintf("%v", [net.cidr_expand("192.0.2.0/31")]), "attrs": [{"key": "n", "value": input.n}]} if {
	print("full", input.n)
}
`

const CONFLICT = `package alert.conflict

alert := [{"title": "a"}] if input.n

alert := [{"title": "b"}] if input.n
`

const ACTIONS = `package action

do := input.alert.data.do if is_object(input.alert.data)

run contains {"id": "note", "uses": "", "commit": [{"key": "seen", "value": count(input.alert.attrs)}]} if {
	do == "commit"
	input.seq == 0
}

run contains {"id": "later", "uses": "", "commit": [{"key": "called", "value": [one.id | some one in input.called]}]} if {
	do == "commit"
	input.seq == 1
}

run contains {"id": sprintf("keep-%v", [input.seq]), "uses": "", "commit": [{"id": "kept", "key": "kept", "value": kept + 1, "persist": true}]} if {
	do == "keep"
	input.seq == 0
}

default kept := 0

kept := max([one.value | some one in input.alert.attrs; one.key == "kept"])

run contains {"id": "ask", "uses": "http.fetch", "args": {"method": "POST", "url": "https://192.0.2.1/x", "data": {"n": input.alert.data.n}}, "approval": true} if {
	do == "ask"
}

run contains {"id": "refused", "uses": "http.fetch", "args": {"method": "GET", "url": "https://192.0.2.1/x"}, "force": true} if {
	do == "fetch"
	input.seq == 0
}

run contains {"id": "secret", "uses": "http.fetch", "name": sprintf("with %v", [input.env.TOKEN]), "args": {"method": "GET", "url": "https://192.0.2.1/x", "header": {"authorization": input.env.TOKEN}}, "approval": true} if {
	do == "secret"
}

run contains {"id": "end", "uses": "", "abort": true} if do == "abort"

run contains {"uses": 7} if do == "mistype"

run contains {"id": "none", "uses": "no.such", "args": {}} if do == "unknown"

run contains {"id": "exact", "uses": "", "commit": [{"key": "sum", "value": input.alert.data.big + 1}]} if {
	do == "exact"
	input.seq == 0
}

broken := 1 if do == "fail"

broken := 2 if do == "fail"

run contains {"id": "never", "uses": "", "commit": [{"key": "never", "value": broken}]}

run contains {"id": "printed", "uses": ""} if {
	do == "print"
	print("printed", input.alert.title, input.env.GREETING)
	false
}
`

const READS_RAW = `
run contains {"id": "length", "uses": "", "commit": [{"key": "length", "value": count(input.alert.raw)}]} if {
	do == "commit"
	input.seq == 0
}
`

const EXIT_ACTIONS = `package action

do := input.alert.data.do if is_object(input.alert.data)

init contains {"attrs": [{"key": "begun", "value": input.seq, "persist": do == "keep"}]} if do in {"commit", "keep", "ask"}

init contains {"abort": true} if do == "abort"

broken := 1 if do == "fail"

broken := 2 if do == "fail"

init contains {"attrs": [{"key": "never", "value": broken}]}

run contains {"id": sprintf("fetch-%v", [input.seq]), "uses": "http.fetch", "args": {"method": "GET", "url": "https://192.0.2.1/x"}, "force": true} if {
	do in {"fetch", "keep", "commit"}
	input.seq < 2
}

run contains {"id": "ask", "uses": "http.fetch", "args": {"method": "POST", "url": "https://192.0.2.1/x"}, "approval": true} if do == "ask"

run contains {"uses": 7} if do == "mistype"

run contains {"id": "printed", "uses": ""} if {
	do == "print"
	print("printed", input.alert.title, input.env.GREETING)
	false
}

exit contains {"attrs": [{"key": "ended", "value": input.action.id}]}
`

const alertFiles = {
  'alert/things.rego': ALERTS,
  'alert/anything.rego': ANYTHING,
  'alert/full.rego': FULL,
  'alert/conflict.rego': CONFLICT,
}

/** Workspaces by what is special about their action policy. */
export const WORKSPACES = {
  commit: { ...alertFiles, 'action/main.rego': ACTIONS },
  'commit with raw': { ...alertFiles, 'action/main.rego': ACTIONS + READS_RAW },
  exit: { ...alertFiles, 'action/main.rego': EXIT_ACTIONS },
} as const

const DOES = ['', 'commit', 'ask', 'fetch', 'secret', 'abort', 'mistype', 'unknown', 'exact', 'fail', 'print'] as const
const NAMESPACES = 7

/**
 * Events of every kind in turn.
 * @param handle what stands for a secret, as an event may hold it
 */
export function eventOf(index: number, handle: string): OneEvent {
  const turn = Math.floor(index / KINDS.length)
  const kind = KINDS[index % KINDS.length] ?? quiet
  return { schema: 'things', namespace: '', ...kind(index, turn, handle) }
}

type Kind = (index: number, turn: number, handle: string) => Partial<OneEvent> & { body: OneEvent['body'] }

function things(
  n: number,
  data: Record<string, JsonValue>,
  alerts: JsonValue = [{ title: `t${n}` }],
): { body: string } {
  return { body: JSON.stringify({ n, ...data, alerts }) }
}

function titles(n: number, count: number): JsonValue {
  return Array.from({ length: count }, (_, at) => ({
    title: `t${n}-${at}`,
    attrs: [{ key: 'who', value: at % 3 === 0 ? '192.0.2.7' : { deep: [at, 'é\u2028<>&'] }, type: 'ip' }],
  }))
}

const quiet: Kind = (n) => things(n, { do: '' })

const KINDS: readonly Kind[] = [
  ...DOES.map(
    (what): Kind =>
      (n) =>
        things(n, { do: what, big: 2 ** 53 }, titles(n, 1)),
  ),
  // Several alerts of one event, each with a chain of its own.
  (n, turn) => things(n, { do: DOES[turn % DOES.length] ?? '', big: 1 }, titles(n, 3)),
  // More alerts, and more text in them, than are evaluated with their event.
  (n, turn) => things(n, { do: turn % 2 === 0 ? '' : 'print' }, titles(n, 20)),
  (n) => things(n, { do: '', text: 'x'.repeat(200_000) }, titles(n, 4)),
  // Records of a namespace that the first round at hand has not seen.
  ...['keep', '', 'keep', 'fail'].map((what): Kind => (n, turn) => {
    const namespace = `ns-${turn % NAMESPACES}`
    const attrs = [{ key: 'own', id: 'own', value: n, persist: turn % 3 === 0 }]
    return { namespace, ...things(n, { do: what }, [{ title: `t${n}`, namespace, attrs }]) }
  }),
  // The number is exact in the full evaluator alone.
  (n) => ({ body: `{"n":${n},"do":"exact","big":12345678901234567890123,"alerts":[{"title":"t${n}"}]}` }),
  (n, turn, handle) =>
    things(n, { do: turn % 2 === 0 ? '' : 'commit', text: `a ${handle} ${'b'.repeat(2000)}` }, [{ title: handle }]),
  (n) => ({ schema: 'full', body: JSON.stringify({ n, do: '' }) }),
  (n) => ({ schema: 'full', body: JSON.stringify({ n, do: 'commit' }) }),
  (n) => ({ schema: 'conflict', body: JSON.stringify({ n }) }),
  (n, turn) => ({ schema: `nobody.s${turn % 3}`, body: JSON.stringify({ n }) }),
  (n) => things(n, { do: '' }, []),
  (n) => ({ body: `{"n":${n},` }),
  (n) => things(n, { do: '' }, [{ title: n }]),
  (_n, turn) => ({ schema: 'anything', body: ['null', '7', '[]', '""', 'true'][turn % 5] ?? 'null' }),
  // A byte order mark; bytes that are no character; half a surrogate pair; keys in an order of their own.
  (n) => ({ body: Buffer.from(`\ufeff{"n":${n},"do":"commit","alerts":[{"title":"bom"}]}`) }),
  (n) => ({
    body: Buffer.concat([
      Buffer.from(`{"n":${n},"t":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('","alerts":[{"title":"bytes"}]}'),
    ]),
  }),
  (n) => ({ body: `{"n":${n},"t":"\\ud800","alerts":[{"title":"half"}]}` }),
  (n) => ({
    body: `{"10":1,"9":2,"__proto__":3,"n":${n},"é":"<>&","a":1e21,"do":"commit","alerts":[{"title":"keys"}]}`,
  }),
]
