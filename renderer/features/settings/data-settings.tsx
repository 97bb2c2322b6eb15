import { type ReactNode, useState } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { useDeskState } from '../../app/desk-state.ts'
import { Button } from '../../components/button.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { full } from '../../lib/time.ts'
import { bytes, count } from '../../lib/words.ts'
import { Row, Section, TextSetting } from './setting-row.tsx'

const GB = 1_000_000_000

export function DataSettings({ settings }: { settings: Settings }): ReactNode {
  const { value: state } = useDeskState()
  const newest = state?.store.backups.toSorted((a, b) => b.at - a.at)[0]
  return (
    <Section id="data" title="Data and backup">
      <TextSetting
        title="Keep events"
        hint="Then bodies and results are deleted; open chains, active containments and the audit trail never."
        isShort
        unit="days"
        value={String(settings['retention.days'])}
        parse={(text) => ({ 'retention.days': Number(text) })}
      />
      <TextSetting
        title="At most"
        hint="The oldest go first when bodies and results take more; 0 for no limit."
        isShort
        unit="GB"
        value={String(settings['retention.maxBytes'] / GB)}
        parse={(text) => ({ 'retention.maxBytes': Math.round(Number(text) * GB) })}
      />
      <Row title="Data folder" hint="Database, policies, quarantine, vault and backups.">
        <code>
          <Text value={state?.dataDir ?? ''} max={300} />
        </code>
      </Row>
      <Row
        title="Backups"
        hint={
          newest
            ? `The newest is ${newest.name}, ${bytes(newest.bytes)}, of ${full(newest.at)}.`
            : 'None yet: one is made every day and before each change of the database.'
        }
      >
        <span className="small muted">{count(state?.store.backups.length ?? 0, 'backup')}</span>
      </Row>
      <AuditRow />
      <ExportRow />
    </Section>
  )
}

function AuditRow(): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<{ isIntact: boolean; text: string } | null>(null)
  const verify = async () => {
    setBusy(true)
    const answer = await call('store.verifyAudit', {})
    setBusy(false)
    if (!answer.ok) return setOutcome({ isIntact: false, text: answer.error.message })
    const { isIntact, rows, message } = answer.value
    setOutcome({ isIntact, text: isIntact ? `${count(rows, 'row')} intact` : message })
  }
  return (
    <Row title="Audit trail" hint="Every act is in a signed chain of hashes. Verifying reads all of it.">
      {outcome && <State kind={outcome.isIntact ? 'ok' : 'fail'}>{outcome.text}</State>}
      <Button isSmall isBusy={isBusy} onClick={() => void verify()}>
        Verify
      </Button>
    </Row>
  )
}

function ExportRow(): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const [text, setText] = useState('')
  const run = async () => {
    setBusy(true)
    const answer = await call('store.export', {})
    setBusy(false)
    setText(answer.ok ? answer.value.path : answer.error.message)
  }
  return (
    <Row
      title="Export"
      hint="All rows as one file in the data folder. It holds what your detectors sent: keep it like them."
    >
      {text && (
        <code className="ell">
          <Text value={text} max={300} />
        </code>
      )}
      <Button isSmall isBusy={isBusy} onClick={() => void run()}>
        Export
      </Button>
    </Row>
  )
}
