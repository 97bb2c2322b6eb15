import type { ReactNode } from 'react'
import { useDeskState } from '../../app/desk-state.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { closeDialog } from '../../lib/open-dialog.ts'

interface TokenDialogProps {
  title: string
  lead: string
  token: string
  /** What of `curl` follows the header: options, and the path at the receiver's address. */
  curl: { options: string; path: string }
}

/** Shows a token, once. */
export function TokenDialog({ title, lead, token, curl }: TokenDialogProps): ReactNode {
  const { value: state } = useDeskState()
  const url = `${state?.receiver.url ?? 'http://127.0.0.1:8080'}${curl.path}`
  const header = `Authorization: Bearer ${token}`
  return (
    <Dialog
      title={title}
      lead={lead}
      onClose={closeDialog}
      isHeld
      footer={
        <>
          <span className="grow" />
          <Button look="main" onClick={closeDialog}>
            Done
          </Button>
        </>
      }
    >
      <div className="cmd">
        <pre>{header}</pre>
        <CopyButton text={header} label="Copy header" />
      </div>
      <div className="cmd">
        <pre>{`curl -H '…' ${curl.options} \\\n  ${url}`}</pre>
        <CopyButton text={`curl -H '${header}' ${curl.options} ${url}`} label="Copy" />
      </div>
    </Dialog>
  )
}
