import { Tabs } from '@base-ui/react/tabs'
import { type ReactNode, useState } from 'react'
import type { ActionView, AttemptView } from '../../../shared/model/views.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { Button } from '../../components/button.tsx'
import { JsonView, parsedJson } from '../../components/json-view.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { clock, duration, full } from '../../lib/time.ts'
import { bytes } from '../../lib/words.ts'

/** Arguments, result, attempts and commits of one action. */
export function ActionDetails({ action }: { action: ActionView }): ReactNode {
  const last = action.attempts.at(-1)
  return (
    <Tabs.Root
      className="more-of"
      defaultValue={last && (last.resultPreview !== undefined || last.resultDeletedAt !== null) ? 'result' : 'args'}
    >
      <Tabs.List className="tabs" aria-label="Details of the action">
        <Tabs.Tab value="args">Arguments</Tabs.Tab>
        {last && <Tabs.Tab value="result">Result</Tabs.Tab>}
        {last && <Tabs.Tab value="attempts">Attempts {action.attempts.length}</Tabs.Tab>}
        {action.commits.length > 0 && <Tabs.Tab value="commits">Committed {action.commits.length}</Tabs.Tab>}
      </Tabs.List>
      <Tabs.Panel value="args" className="in">
        <JsonView label="Arguments" value={last?.args ?? action.args} />
      </Tabs.Panel>
      {last && (
        <Tabs.Panel value="result" className="in">
          <Result attempt={last} />
        </Tabs.Panel>
      )}
      {last && (
        <Tabs.Panel value="attempts" className="in">
          <Attempts attempts={action.attempts} />
        </Tabs.Panel>
      )}
      <Tabs.Panel value="commits" className="in">
        <Commits commits={action.commits} />
      </Tabs.Panel>
    </Tabs.Root>
  )
}

/** The result, cut when it is large; the rest is read on request. */
function Result({ attempt }: { attempt: AttemptView }): ReactNode {
  const [whole, setWhole] = useState<JsonValue | undefined>(undefined)
  const [failure, setFailure] = useState('')
  const value = whole === undefined ? attempt.resultPreview : whole
  const loadAll = async () => {
    const answer = await call('attempts.result', { id: attempt.id })
    if (answer.ok) setWhole(parsedJson(answer.value.text) ?? answer.value.text)
    else setFailure(answer.error.message)
  }
  if (value === undefined) return <p className="muted">{withoutResult(attempt)}</p>
  // The beginning of a JSON text is no value.
  const isBeginning = attempt.isResultTruncated && whole === undefined
  const shown = isBeginning && typeof value === 'string' ? { value: undefined, text: value } : { value }
  return (
    <JsonView label="Result" {...shown} key={isBeginning ? 'beginning' : 'whole'}>
      {isBeginning ? (
        <span className="row">
          beginning of {bytes(attempt.resultSize)}
          <Button isSmall onClick={() => void loadAll()}>
            Load all
          </Button>
          {failure && <span className="failed">{failure}</span>}
        </span>
      ) : (
        bytes(attempt.resultSize)
      )}
    </JsonView>
  )
}

function withoutResult({ outcome, resultDeletedAt }: AttemptView): string {
  if (resultDeletedAt !== null) return `Deleted by its age, ${full(resultDeletedAt)}. Its hash is kept.`
  return outcome === null ? 'No answer yet.' : 'No result was stored.'
}

const BY_WORDS = {
  action: 'the action',
  probe: 'a check after a restart',
  analyst: 'you',
  confirmation: 'a look at the target',
  restart: 'the restart',
} as const

function Attempts({ attempts }: { attempts: readonly AttemptView[] }): ReactNode {
  return (
    <table>
      <thead>
        <tr>
          <th>No</th>
          <th>Started</th>
          <th>Took</th>
          <th>Outcome</th>
          <th>Told by</th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt) => (
          <tr key={attempt.id}>
            <td>{attempt.no}</td>
            <td title={full(attempt.intentAt)}>{clock(attempt.intentAt)}</td>
            <td>{attempt.outcomeAt === null ? '' : duration(attempt.outcomeAt - attempt.intentAt)}</td>
            <td>
              {attempt.outcome ?? 'no answer yet'}
              {attempt.error && (
                <>
                  : <Text value={attempt.error.message} max={300} />
                </>
              )}
            </td>
            <td>{attempt.outcomeBy ? BY_WORDS[attempt.outcomeBy] : ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Commits({ commits }: { commits: ActionView['commits'] }): ReactNode {
  return (
    <table>
      <thead>
        <tr>
          <th>Attribute</th>
          <th>Value</th>
          <th>Kept</th>
        </tr>
      </thead>
      <tbody>
        {commits.map((commit, index) => (
          <tr key={index}>
            <td>
              <Text value={commit.key} max={100} />
            </td>
            <td className="mono">
              <Text value={typeof commit.value === 'string' ? commit.value : JSON.stringify(commit.value)} max={400} />
            </td>
            <td>{commit.persist ? 'in the namespace' : 'in this chain'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
