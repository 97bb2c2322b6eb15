import { useState } from 'react'
import type { CallArg, CallName, CallResult } from '../../../shared/contract.ts'
import { call } from '../../lib/bridge.ts'
import { invalidate } from '../../lib/query.ts'

interface Submit<Name extends CallName> {
  isBusy: boolean
  /** Why the last try failed; '' before and after. */
  failure: string
  submit: (arg: CallArg<Name>) => Promise<void>
}

/** What a dialog of the settings does on its button: one call, then it closes, or stays and says why not. */
export function useSubmit<Name extends CallName>(name: Name, onDone: (result: CallResult<Name>) => void): Submit<Name> {
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const submit = async (arg: CallArg<Name>): Promise<void> => {
    setBusy(true)
    const answer = await call(name, arg)
    setBusy(false)
    invalidate(['settings'])
    if (answer.ok) onDone(answer.value)
    else setFailure(answer.error.message)
  }
  return { isBusy, failure, submit }
}
