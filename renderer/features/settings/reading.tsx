import { type ReactNode, useState } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { Button } from '../../components/button.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { Row, saveSettings, SwitchRow } from './setting-row.tsx'
import { TokenDialog } from './token-dialog.tsx'
import { useSubmit } from './use-submit.ts'

/** What other programs may read, and the token that they need for it. */
export function Reading({ settings }: { settings: Settings }): ReactNode {
  const [failure, setFailure] = useState('')
  const switchTo = async (isOn: boolean) => setFailure(await saveSettings({ 'read.graphql': isOn }))
  const hasToken = settings['read.tokenSha256'] !== ''
  return (
    <>
      <SwitchRow
        title="GraphQL"
        hint={
          failure ||
          'Programs that have the read token may read alerts, what was done about them, and with what result.'
        }
        isOn={settings['read.graphql']}
        onChange={(isOn) => void switchTo(isOn)}
      />
      <Row title="Read token" hint={hasToken ? 'There is one. A new one ends it.' : 'There is none yet.'}>
        <Button isSmall onClick={() => openDialog(<NewTokenDialog hasToken={hasToken} />)}>
          New read token…
        </Button>
      </Row>
    </>
  )
}

function ReadToken({ token }: { token: string }): ReactNode {
  return (
    <TokenDialog
      title="The read token"
      lead="Copy it now: only its hash is stored. Who has it can read everything that is stored, and send nothing."
      token={token}
      curl={{ options: "--data-urlencode 'query={ workflows { id state } }' --get", path: '/graphql' }}
    />
  )
}

function NewTokenDialog({ hasToken }: { hasToken: boolean }): ReactNode {
  const { isBusy, failure, submit } = useSubmit('reading.newToken', ({ token }) => {
    closeDialog()
    openDialog(<ReadToken token={token} />)
  })
  return (
    <FormDialog
      title="New read token"
      lead={`It is shown once.${hasToken ? ' Programs that use the one before can read nothing from now on.' : ''}`}
      act="Make token"
      isBusy={isBusy}
      failure={failure}
      onSubmit={() => void submit({})}
    />
  )
}
