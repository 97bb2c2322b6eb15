import { join } from 'node:path'
import type { JsonObject } from '../../shared/model/json.ts'
import type { EngineConfig } from '../../electron/engine/ports/config.ts'
import { post, send, writePolicies, type WireAnswer } from '../security/receiver-kit.ts'
import { openEngineWorld, type EngineWorld } from './engine.ts'

interface GraphqlError {
  message: string
  path?: (string | number)[]
  extensions?: { code: string }
}

interface GraphqlBody {
  errors?: GraphqlError[]
  data: JsonObject
}

/** A whole engine on policies of its own, as `tocsin serve` starts it, asked over the wire. */
export interface GraphqlWorld {
  desk: EngineWorld
  port: number
  /** Sends an event. @returns the ids of its alerts */
  alert(schema: string, event: string): Promise<string[]>
  /** Posts one request. */
  ask(query: string, variables?: object, headers?: string[]): Promise<WireAnswer>
  /** As `ask`, for a query that must be answered without errors. @returns `data` */
  data(query: string, variables?: object): Promise<JsonObject>
  /** Resolves when every chain waits or has ended. */
  idle(): Promise<void>
  close(options?: { isTampered?: boolean }): Promise<void>
}

const JSON_TYPE = 'Content-Type: application/json'

/** @param policies path → source */
export async function openGraphqlWorld(
  policies: Record<string, string>,
  config: Partial<EngineConfig> = {},
): Promise<GraphqlWorld> {
  const desk = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policies')
    writePolicies(policyDir, policies)
    return { policyDir, starterDir: null, defaultMode: 'policy', ...config }
  })
  const port = Number(new URL(desk.started.receiver.url ?? '').port)
  const ask = async (query: string, variables = {}, headers: string[] = []): Promise<WireAnswer> => {
    const answer = await post(port, '/graphql', JSON.stringify({ query, variables }), [JSON_TYPE, ...headers])
    if (answer === null) throw new Error('no answer')
    return answer
  }
  return {
    desk,
    port,
    ask,
    idle: () => desk.idle(),
    close: (options) => desk.close(options),
    async alert(schema: string, event: string) {
      const answer = await post(port, `/alert/raw/${schema}`, event)
      if (answer?.status !== 200) throw new Error(`not stored: ${answer?.body}`)
      return (answer.json as { alerts: { id: string }[] }).alerts.map(({ id }) => id)
    },
    async data(query: string, variables = {}) {
      const { status, json } = await ask(query, variables)
      const body = json as GraphqlBody
      if (status !== 200 || body.errors) throw new Error(`${status}: ${JSON.stringify(body.errors)}`)
      return body.data
    },
  }
}

/** The errors of an answer. */
export function errorsOf(answer: WireAnswer | null): GraphqlError[] {
  return (answer?.json as GraphqlBody | undefined)?.errors ?? []
}

/** One GET. @param target with its query */
export function get(port: number, target: string, headers: string[] = []): Promise<WireAnswer | null> {
  return send(port, { method: 'GET', target, headers })
}
