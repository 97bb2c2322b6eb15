import { type ReactNode, useState } from 'react'
import type { ReceiverState } from '../../shared/model/views.ts'
import { Button } from '../components/button.tsx'
import { FormDialog } from '../components/dialog.tsx'
import { Field } from '../components/field.tsx'
import { Text } from '../components/text.tsx'
import { toast } from '../components/toast.tsx'
import { call } from '../lib/bridge.ts'
import { Banner } from './banner.tsx'

const TITLES = {
  port_taken: 'Nothing is received: the port is taken',
  failed: 'Nothing is received: the receiver failed',
  stopped: 'Nothing is received: the receiver is stopped',
} as const

/** The receiver does not listen: says so on every place, and offers the two ways out. */
export function ReceiverBanner({ receiver }: { receiver: ReceiverState }): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const [isChanging, setChanging] = useState(false)
  if (receiver.state === 'listening' || receiver.state === 'starting') return null
  const retry = async (address: string | null) => {
    setBusy(true)
    const answer = await call('receiver.retry', { address })
    setBusy(false)
    if (!answer.ok) toast({ title: 'The receiver did not start', detail: answer.error.message, isFailure: true })
    else if (answer.value.state === 'listening') toast({ title: `Receiving on ${answer.value.address}` })
    else toast({ title: 'The receiver still does not listen', detail: answer.value.message, isFailure: true })
  }
  return (
    <Banner kind="fail" title={TITLES[receiver.state]}>
      <span className="grow">
        <Text value={receiver.message} />
      </span>
      <Button isSmall isBusy={isBusy} onClick={() => void retry(null)}>
        Try {receiver.address} again
      </Button>
      <Button isSmall onClick={() => setChanging(true)}>
        Use another port…
      </Button>
      {isChanging && (
        <AddressDialog
          address={receiver.address}
          onClose={() => setChanging(false)}
          onSubmit={(address) => {
            setChanging(false)
            void retry(address)
          }}
        />
      )}
    </Banner>
  )
}

interface AddressDialogProps {
  address: string
  onClose: () => void
  onSubmit: (address: string) => void
}

function AddressDialog({ address, onClose, onSubmit }: AddressDialogProps): ReactNode {
  const [value, setValue] = useState(address)
  return (
    <FormDialog
      title="Receive on another address"
      lead="Every sender must be told: nothing is forwarded from the old one."
      act="Receive here"
      canSubmit={value.trim() !== ''}
      onClose={onClose}
      onSubmit={() => onSubmit(value.trim())}
    >
      <Field
        label="Address"
        hint="A loopback address and a port, e.g. 127.0.0.1:8081"
        isMono
        value={value}
        onChange={setValue}
      />
    </FormDialog>
  )
}
