import { type ReactNode, useState } from 'react'
import { contract } from '../../../shared/contract.ts'
import type { Settings } from '../../../shared/model/settings.ts'
import { useDeskState } from '../../app/desk-state.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { full } from '../../lib/time.ts'
import { bytes, count } from '../../lib/words.ts'
import { Row, Section, TextSetting } from './setting-row.tsx'
import { useSubmit } from './use-submit.ts'

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
      <HeadRow />
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

function HeadRow(): ReactNode {
  const [written, setWritten] = useState<{ path: string; seq: number } | null>(null)
  return (
    <Row
      title="Head of the trail"
      hint="Number and hash of its last row. Kept elsewhere, it shows when the end of the trail was cut off."
    >
      {written && (
        <span className="small">
          Row {written.seq.toLocaleString()} in{' '}
          <code>
            <Text value={written.path} max={300} />
          </code>
        </span>
      )}
      <Button isSmall onClick={() => openDialog(<HeadDialog onWritten={setWritten} />)}>
        Export head…
      </Button>
    </Row>
  )
}

function HeadDialog({ onWritten }: { onWritten: (written: { path: string; seq: number }) => void }): ReactNode {
  const [path, setPath] = useState('')
  const { isBusy, failure, submit } = useSubmit('store.exportHead', (written) => {
    onWritten(written)
    closeDialog()
  })
  const parsed = contract['store.exportHead'].arg.safeParse({ path })
  return (
    <FormDialog
      title="Export head"
      lead="Who can write the data folder could cut off the end of the trail and sign it anew. A head that lies on another disk, or with another person, tells."
      act="Export head"
      isBusy={isBusy}
      failure={failure}
      typed={path}
      cannot={parsed.success ? '' : 'Give the path of a file.'}
      onSubmit={() => void submit({ path })}
    >
      <Field
        label="File"
        value={path}
        isMono
        placeholder="/media/usb/tocsin-head.json"
        hint="A new file that ends in .json, outside the data folder. Compare with it by: tocsin audit verify --head <file>"
        onChange={setPath}
      />
    </FormDialog>
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
