import { Send } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import type { DeskState } from '../../../shared/model/views.ts'
import { RESPONSE_MODE_WORDS } from '../../../shared/model/states.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { toast } from '../../components/toast.tsx'
import { call } from '../../lib/bridge.ts'
import { setPreferences } from '../../lib/preferences.ts'
import { invalidate } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'
import { openPolicy } from '../policy/policy-store.ts'
import { Step } from './step.tsx'
import { Watch } from './watch.tsx'

/** The same event as the button sends, for a terminal: the shell quotes for itself, so the path stays in one piece. */
function curlOf(state: DeskState): string {
  const separator = state.policyDir.includes('\\') ? '\\' : '/'
  const file = [state.policyDir, 'alert', 'testdata', 'clamav', 'event.json'].join(separator)
  return `curl -d @"${file}" \\\n  ${receiverUrl(state)}/alert/raw/clamav`
}

function receiverUrl({ receiver }: DeskState): string {
  return receiver.url ?? `http://${receiver.address}`
}

/** The first five minutes: from a running receiver to an answered approval. */
export function FirstRun({ state }: { state: DeskState }): ReactNode {
  const isListening = state.receiver.state === 'listening'
  const hasAlert = state.counts.open > 0
  return (
    <>
      <div className="vhead">
        <h1>Inbox</h1>
        <span className="grow" />
        <Button look="ghost" isSmall onClick={() => setPreferences({ hasHiddenGuide: true })}>
          Hide this guide
        </Button>
      </div>
      <div className="fr">
        <div className="page">
          <h2 className="big">The first five minutes</h2>
          <p className="muted">Everything stays on this computer. Nothing is called or changed until you approve it.</p>
          <ol className="fsl">
            <Step no={1} title="Receiver is listening" state={isListening ? 'done' : 'now'}>
              <p className="muted">
                {isListening ? (
                  <>
                    On <code>{receiverUrl(state).replace('http://', '')}</code>. Only programs on this computer can
                    reach it.{' '}
                  </>
                ) : (
                  <Text value={state.receiver.message || 'It is starting.'} />
                )}
                <button type="button" className="link" onClick={() => navigate('settings', 'receiver')}>
                  Change
                </button>
              </p>
            </Step>
            <Step no={2} title="Starter policies are live" state={state.policy ? 'done' : 'now'}>
              <PolicyLine state={state} />
            </Step>
            <Step no={3} title="Send the first event" state={hasAlert ? 'done' : 'now'}>
              <SendSample state={state} isListening={isListening} isNext={!hasAlert} />
            </Step>
            <Step no={4} title="Answer the first approval" state={state.counts.waiting > 0 ? 'now' : 'next'}>
              <p className="muted">
                The alert proposes to quarantine the sample file, and waits for you. Read why it asks, then approve or
                reject it.
              </p>
              {state.counts.waiting > 0 && (
                <p className="actions">
                  <Button look="main" keys="g w" onClick={() => navigate('waiting')}>
                    Go to Waiting for you
                  </Button>
                </p>
              )}
            </Step>
            <Step no={5} title="Choose how much runs by itself" state="next">
              <p className="muted">
                You start in <b>{RESPONSE_MODE_WORDS[state.mode]}</b>. By policy lets notifications run at once; what
                changes something still waits.
              </p>
            </Step>
          </ol>
        </div>
        <Watch state={state} />
      </div>
    </>
  )
}

function PolicyLine({ state }: { state: DeskState }): ReactNode {
  const { policy } = state
  if (!policy) return <p className="muted">They do not compile. See Problems.</p>
  return (
    <p className="muted">
      Published as v{policy.number}.{' '}
      <button
        type="button"
        className="link"
        onClick={() => openPolicy({ versionId: policy.id, file: null, row: null, endRow: null })}
      >
        Read them
      </button>
    </p>
  )
}

interface SendSampleProps {
  state: DeskState
  isListening: boolean
  /** Whether this is the step to do now */
  isNext: boolean
}

function SendSample({ state, isListening, isNext }: SendSampleProps): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const [path, setPath] = useState('')
  const whyId = useId()
  const curl = curlOf(state)
  const send = async () => {
    setBusy(true)
    const from = window.location.hash
    const answer = await call('sample.send', {})
    setBusy(false)
    invalidate(['state', 'alerts', 'events', 'approvals'])
    if (!answer.ok) return toast({ title: 'The sample was not sent', detail: answer.error.message, isFailure: true })
    setPath(answer.value.path)
    // Who went elsewhere meanwhile stays there.
    if (answer.value.alertId && window.location.hash === from) navigate('inbox', answer.value.alertId)
  }
  return (
    <>
      <p className="muted">
        Writes a harmless test file (EICAR, which every virus scanner knows) and posts what ClamAV would say about it.
        The starter policy makes one alert of it.
      </p>
      <p className="actions row wrap">
        <Button
          look={isNext ? 'main' : 'plain'}
          icon={Send}
          isBusy={isBusy}
          disabled={!isListening}
          aria-describedby={isListening ? undefined : whyId}
          onClick={() => void send()}
        >
          Send a sample alert
        </Button>
        {!isListening && (
          <span id={whyId} className="muted">
            It goes through the receiver, which{' '}
            {state.receiver.state === 'starting' ? 'is starting' : 'does not listen'}. See step 1.
          </span>
        )}
        {path && (
          <State kind="ok">
            <Text value={path} max={300} />
          </State>
        )}
      </p>
      <p className="muted">Or send an event of your own from a terminal:</p>
      <div className="cmd">
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key */}
        <pre tabIndex={0} role="region" aria-label="Command">
          <Text value={curl} isMultiline />
        </pre>
        <CopyButton text={curl} label="Copy" />
      </div>
    </>
  )
}
