import { join } from 'node:path'
import type { DeepAlertReport } from '../../../electron/engine/report/deepalert/report-json.ts'
import type { EngineConfig } from '../../../electron/engine/ports/config.ts'
import { openEngineWorld, type EngineWorld } from '../../fakes/engine.ts'
import { post, send, writePolicies, type WireAnswer } from '../../security/receiver-kit.ts'

/** A whole engine as `tocsin serve` starts it, spoken to by DeepAlert's API. */
export interface ApiWorld {
  desk: EngineWorld
  port: number
  post(alert: unknown, headers?: string[]): Promise<WireAnswer>
  get(path: string, headers?: string[]): Promise<WireAnswer>
  /** As `post`, for an alert that must be taken. @returns its report */
  take(alert: unknown): Promise<DeepAlertReport>
  /** As `get`, for what must be there. */
  read<Answer>(path: string): Promise<Answer>
  close(): Promise<void>
}

/** @param policies path → source */
export async function openApiWorld(
  policies: Record<string, string> = {},
  config: Partial<EngineConfig> = {},
): Promise<ApiWorld> {
  const desk = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policies')
    writePolicies(policyDir, { 'alert/none.rego': 'package alert.none\n', ...policies })
    return { policyDir, starterDir: null, defaultMode: 'policy', ...config }
  })
  // Another one after a restart.
  const port = (): number => Number(new URL(desk.started.receiver.url ?? '').port)
  const answered = async (asking: Promise<WireAnswer | null>): Promise<WireAnswer> => {
    const answer = await asking
    if (answer === null) throw new Error('no answer')
    return answer
  }
  const world: ApiWorld = {
    desk,
    port: port(),
    post: (alert, headers = []) =>
      answered(post(port(), '/api/v1/alert', typeof alert === 'string' ? alert : JSON.stringify(alert), headers)),
    get: (path, headers = []) => answered(send(port(), { method: 'GET', target: `/api/v1/${path}`, headers })),
    async take(alert) {
      const { status, body } = await world.post(alert)
      if (status !== 200) throw new Error(`${status}: ${body}`)
      return JSON.parse(body) as DeepAlertReport
    },
    async read<Answer>(path: string) {
      const { status, body } = await world.get(path)
      if (status !== 200) throw new Error(`${status}: ${body}`)
      return JSON.parse(body) as Answer
    },
    close: () => desk.close(),
  }
  return world
}
