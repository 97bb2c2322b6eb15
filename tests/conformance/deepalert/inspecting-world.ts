import { vi } from 'vitest'
import type { DeepAlertReport } from '../../../electron/engine/report/deepalert/report-json.ts'
import { FakeRemote } from '../../fakes/fake-remote.ts'
import { openApiWorld, type ApiWorld } from './kit.ts'

/** What the inspector of DeepAlert's tests answers: a host, and the user that is logged in there. */
const INSPECTED = {
  summary: 'known',
  findings: [{ type: 'host', content: { ipaddr: ['10.1.2.3'], owner: ['superman'] } }],
  attributes: [{ type: 'username', key: 'username', value: 'mizutani', context: ['remote'] }],
}

/**
 * Asks the inspector about every attribute but the one that it brings up, calls a report urgent that it knows a host of,
 * and tells the emitter of every state.
 */
function policies(url: string): Record<string, string> {
  return {
    'inspect.rego': `package inspect

inspect contains {"uses": "http.fetch", "args": {"method": "GET", "url": concat("", ["${url}/", input.attribute.value])}} if {
  input.attribute.value != "mizutani"
}
`,
    'review.rego': `package review

severity := "urgent" if input.report.sections[_].hosts[_].owner[_] == "superman"

reason := "not sane"
`,
    'emit.rego': `package emit

run contains {"id": "emit", "uses": "http.fetch", "args": {"method": "POST", "url": "${url}/emit", "data": input.report}} if input.seq == 0
`,
  }
}

/** A whole engine with an inspector, a reviewer and an emitter. */
export interface InspectingWorld extends ApiWorld {
  /** The report, when it has been reviewed, nothing is open, and the emitter was told. */
  published(id: string): Promise<DeepAlertReport>
  /** What the emitter was told of a report, in order. */
  emitted(id: string): DeepAlertReport[]
  /** What the inspector was asked about. */
  asked(): string[]
}

export async function openInspectingWorld(changes: Record<string, string> = {}): Promise<InspectingWorld> {
  const headers = { 'content-type': 'application/json' }
  const remote = await FakeRemote.start({
    service: ({ method }) => ({ headers, body: method === 'GET' ? JSON.stringify(INSPECTED) : '{}' }),
  })
  const world = await openApiWorld(
    { ...policies(remote.url), ...changes },
    { mode: 'policy', env: { TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_INSPECT_DELAY: '0' } },
  )
  const emitted = (id: string): DeepAlertReport[] =>
    remote.calls
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => JSON.parse(body) as DeepAlertReport)
      .filter((report) => report.id === id)
  return {
    ...world,
    emitted,
    asked: () => remote.calls.filter(({ method }) => method === 'GET').map(({ path }) => path.slice(1)),
    async published(id) {
      const isDone = { status: 'published', isInReview: false, openInspections: 0, inspectAt: null }
      return vi.waitFor(
        async () => {
          const now: Record<string, unknown> = await world.desk.ask('reports.get', { id })
          for (const [key, value] of Object.entries(isDone)) {
            if (now[key] !== value) throw new Error(`${key} is ${JSON.stringify(now[key])}`)
          }
          if (!emitted(id).some(({ status }) => status === 'published')) throw new Error('The emitter was not told')
          return world.read<DeepAlertReport>(`report/${id}`)
        },
        { timeout: 15_000, interval: 50 },
      )
    },
    async close() {
      await world.close()
      await remote.close()
    },
  }
}
