import { PolicyPool } from '../../../electron/engine/policy/policy-pool.ts'
import { PolicyService } from '../../../electron/engine/policy/policy-service.ts'
import { Toolchain } from '../../../electron/engine/policy/toolchain/toolchain.ts'
import { openStore } from '../../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../../electron/engine/ports/system-ports.ts'
import { FakeLog } from '../../fakes/ports.ts'
import { findingOf } from '../event.ts'
import { median, ratio, rounds, timed, type Row } from '../measure.ts'
import { GUARDDUTY } from '../server.ts'

const BYTES = 2200
/** As many as one commit takes (`electron/engine/store/writer.ts`): what arrives together travels together. */
const BATCH = 64
const BATCHES = 200
const TARGET_US = 20
/** OPA's own evaluator in Go, the same policy and event, recorded. */
const OPA_US = 122

/** One alert policy on one event, from its bytes to the result, through the policy thread and back. */
export async function policy(): Promise<Row[]> {
  const log = new FakeLog()
  const store = await openStore({ dataDir: null, clock: systemClock, ids: systemIds, log })
  const { policies, writer } = store
  const pool = new PolicyPool({ log })
  const service = new PolicyService({ policies, writer, toolchain: new Toolchain(), pool, policyDir: GUARDDUTY, log })
  await service.start()
  try {
    const evaluate = evaluator(service)
    await evaluate(BATCHES)
    const results = await rounds(async () => {
      const cpu = process.cpuUsage()
      const elapsedMs = await timed(() => evaluate(BATCHES))
      const { user, system } = process.cpuUsage(cpu)
      return { us: (elapsedMs * 1000) / (BATCH * BATCHES), cpuUs: (user + system) / (BATCH * BATCHES) }
    })
    const us = median(results.map((result) => result.us))
    return [
      {
        name: 'policy evaluation',
        ours: `${us.toFixed(1)} µs`,
        against: `OPA in Go ${OPA_US} µs ${ratio(OPA_US, us)} faster`,
        facts: [
          `${BYTES} bytes, ${BATCH} at a time, bytes to result through the policy thread`,
          `CPU ${median(results.map((result) => result.cpuUs)).toFixed(1)} µs on both threads`,
          `rounds ${results.map((result) => result.us.toFixed(1)).join(' / ')}`,
        ],
        target: `≤ ${TARGET_US} µs`,
        isOk: us <= TARGET_US,
      },
    ]
  } finally {
    await service.stop()
    await store.close()
  }
}

function evaluator(service: PolicyService): (batches: number) => Promise<void> {
  const versionId = service.live()?.id
  if (versionId === undefined) throw new Error(`The example does not compile: ${JSON.stringify(service.problem())}`)
  const event = findingOf(BYTES)
  const one = async (): Promise<void> => {
    const nowNs = systemClock.nowNs()
    const seed = systemIds.seed()
    const { error } = await service.evaluate({
      versionId,
      entrypoint: 'alert/aws_guardduty',
      input: event,
      nowNs,
      seed,
    })
    if (error) throw new Error(error.message)
  }
  return async (batches) => {
    for (let batch = 0; batch < batches; batch += 1) await Promise.all(Array.from({ length: BATCH }, one))
  }
}
