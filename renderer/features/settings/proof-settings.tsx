import { type ReactNode, useState } from 'react'
import type { CallName } from '../../../shared/contract.ts'
import type { ProveReport, ProveRun } from '../../../shared/model/prove.ts'
import { Button } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { invalidate, useQuery } from '../../lib/query.ts'
import { ProofReport } from './proof-report.tsx'
import { Row } from './setting-row.tsx'

const NOTHING = {}

/** Fault scenarios on the analyst's own policies: begun, cancelled and read here. */
export function ProofSettings(): ReactNode {
  const { value: run, error, reload } = useQuery('prove.run', NOTHING, { what: ['proof'] })
  return (
    <Row
      title="Prove it here"
      hint="Tries every containing action on your policies in fault scenarios: answers lost, refusals, crashes, double approvals, forged handles. Services are replaced by stand-ins and secrets by made-up values: nobody is called."
    >
      {!run && (error ? <Failure error={error} onRetry={reload} /> : <Loading what="the last proof" />)}
      {run && <Proof run={run} />}
    </Row>
  )
}

function Proof({ run }: { run: ProveRun }): ReactNode {
  const [failure, setFailure] = useState('')
  const ask = async (name: Extract<CallName, 'prove.start' | 'prove.cancel'>) => {
    const answer = await call(name, {})
    setFailure(answer.ok ? '' : answer.error.message)
    invalidate(['proof'])
  }
  return (
    <>
      <span role="status" className="small">
        <Standing run={run} failure={failure} />
      </span>
      {run.state === 'done' && (
        <Button isSmall onClick={() => openDialog(<ProofReport report={run.report} />)}>
          Show report
        </Button>
      )}
      {run.state === 'running' ? (
        <Button isSmall onClick={() => void ask('prove.cancel')}>
          Cancel
        </Button>
      ) : (
        <Button isSmall onClick={() => void ask('prove.start')}>
          Prove
        </Button>
      )}
    </>
  )
}

function Standing({ run, failure }: { run: ProveRun; failure: string }): ReactNode {
  if (failure !== '') return <State kind="fail">{failure}</State>
  switch (run.state) {
    case 'idle':
      return null
    case 'running':
      return (
        <State kind="run">{run.of === 0 ? 'Reading the policies' : `${run.done} of ${run.of}, now ${run.uses}`}</State>
      )
    case 'cancelled':
      return <State kind="off">Cancelled</State>
    case 'failed':
      return (
        <State kind="fail">
          <Text value={run.message} max={300} />
        </State>
      )
    case 'done':
      return <Outcome report={run.report} />
  }
}

/** The counts: what was not tried is never counted as passed. */
export function Outcome({ report: { counts, egress } }: { report: ProveReport }): ReactNode {
  const violated = counts.violation + (egress.length > 0 ? 1 : 0)
  return (
    <State kind={violated > 0 ? 'fail' : 'ok'}>
      {`${counts.pass} passed, ${violated} violated, ${counts.not_applicable} not applicable`}
    </State>
  )
}
