import { type ReactNode, useState } from 'react'
import type { ReceiverState } from '../../shared/model/views.ts'
import { Button } from '../components/button.tsx'
import { Field } from '../components/field.tsx'
import { FormDialog } from '../components/form-dialog.tsx'
import { Text } from '../components/text.tsx'
import { toast } from '../components/toast.tsx'
import { call } from '../lib/bridge.ts'
import { closeDialog, openDialog } from '../lib/open-dialog.ts'
import { OPEN, type Standing } from '../lib/standing.ts'
import { Banner } from './banner.tsx'
import { useDeskState } from './desk-state.ts'

const TITLES = {
  port_taken: 'Nothing is received: the port is taken',
  failed: 'Nothing is received: the receiver failed',
  stopped: 'Nothing is received: the receiver is stopped',
} as const

/** The receiver does not listen: says so on every place, and offers the two ways out. */
export function ReceiverBanner({ receiver }: { receiver: ReceiverState }): ReactNode {
  const [isBusy, setBusy] = useState(false)
  if (receiver.state === 'listening' || receiver.state === 'starting') return null
  const retryHere = async () => {
    setBusy(true)
    const message = await retry(null)
    setBusy(false)
    if (message !== '') toast({ title: 'The receiver does not listen', detail: message, isFailure: true })
  }
  return (
    <Banner kind="fail" title={TITLES[receiver.state]}>
      <span className="grow">
        <Text value={receiver.message} />
      </span>
      <Button isSmall isBusy={isBusy} onClick={() => void retryHere()}>
        Try {receiver.address} again
      </Button>
      <Button isSmall onClick={() => openDialog(<AddressDialog address={receiver.address} />)}>
        Use another port…
      </Button>
    </Banner>
  )
}

function AddressDialog({ address }: { address: string }): ReactNode {
  const { value: state } = useDeskState()
  const [value, setValue] = useState(() => nextPort(address))
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const submit = async () => {
    setBusy(true)
    const message = await retry(value.trim())
    setBusy(false)
    setFailure(message)
    if (message === '') closeDialog()
  }
  return (
    <FormDialog
      title="Receive on another address"
      lead="Every sender must be told: nothing is forwarded from the old one."
      act="Receive here"
      cannot={cannotReceive(value.trim(), address)}
      isBusy={isBusy}
      failure={failure}
      standing={state?.receiver.state === 'listening' ? listens(state.receiver) : OPEN}
      typed={value}
      onSubmit={() => void submit()}
    >
      <Field
        label="Address"
        hint={`A loopback address and a port. ${address} does not work now.`}
        isMono
        value={value}
        onChange={setValue}
      />
    </FormDialog>
  )
}

/** The port after the one that is taken. */
function nextPort(address: string): string {
  return address.replace(/\d+$/, (port) => String(port === '65535' ? 49_152 : Number(port) + 1))
}

function cannotReceive(value: string, taken: string): string {
  if (value === '') return 'Give an address.'
  return value === taken ? `${taken} is the one that does not work. “Try ${taken} again” tries it.` : ''
}

function listens({ address }: ReceiverState): Standing {
  return { is: 'over', says: `Tocsin receives on ${address} again: another window, or a retry, was first.` }
}

/** @returns why it does not listen; '' when it does, which is told */
async function retry(address: string | null): Promise<string> {
  const answer = await call('receiver.retry', { address })
  if (!answer.ok) return answer.error.message
  if (answer.value.state !== 'listening') return answer.value.message
  toast({ title: `Receiving on ${answer.value.address}` })
  return ''
}
