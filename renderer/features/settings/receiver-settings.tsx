import type { ReactNode } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { useDeskState } from '../../app/desk-state.ts'
import { State } from '../../components/state.tsx'
import { Reading } from './reading.tsx'
import { linesOf, Section, TextSetting } from './setting-row.tsx'

const KIB = 1024

/** Says so when this start was told another address (`--addr`). */
function addressHint(stored: string, used: string | undefined): string {
  const what = 'A loopback address and a port. Only programs on this computer can reach it.'
  return used === undefined || used === stored ? what : `${what} This start was told to use ${used}.`
}

export function ReceiverSettings({ settings }: { settings: Settings }): ReactNode {
  const { value: state } = useDeskState()
  const isListening = state?.receiver.state === 'listening'
  return (
    <Section
      id="receiver"
      title="Receiver"
      end={state && <State kind={isListening ? 'ok' : 'fail'}>{isListening ? 'Listening' : 'Not listening'}</State>}
    >
      <TextSetting
        title="Address"
        hint={addressHint(settings['receiver.address'], state?.receiver.address)}
        value={settings['receiver.address']}
        parse={(text) => ({ 'receiver.address': text.trim() })}
      />
      <TextSetting
        title="Largest body"
        hint="Larger requests get 413 and are not stored. At most 32,768 KiB."
        isShort
        unit="KiB"
        value={String(settings['receiver.maxBodyBytes'] / KIB)}
        parse={(text) => ({ 'receiver.maxBodyBytes': Math.round(Number(text) * KIB) })}
      />
      <TextSetting
        title="SNS topics"
        hint="One topic ARN per line: its subscriptions are confirmed, and its signature stands for a token."
        isArea
        placeholder="arn:aws:sns:eu-central-1:123456789012:guardduty"
        value={settings['sns.topics'].join('\n')}
        parse={(text) => ({ 'sns.topics': linesOf(text) })}
      />
      <Reading settings={settings} />
    </Section>
  )
}
