import { useLink } from '../lib/link.ts'
import { OPEN, type Standing } from '../lib/standing.ts'
import { useDeskState } from './desk-state.ts'

const NOTHING_SENT = 'Nothing was sent, and what you typed stays here.'

/** Whether an act can reach the engine now. */
export function useConnection(): Standing {
  const link = useLink()
  const { value: state } = useDeskState()
  if (link.state === 'refused')
    return {
      is: 'over',
      says: `This window is not let in any more: ${link.message} ${NOTHING_SENT} Copy it before you close.`,
    }
  if (link.state === 'lost') return { is: 'away', says: `Tocsin does not answer. ${NOTHING_SENT} Trying again…` }
  if (state?.engine === 'restarting')
    return { is: 'away', says: `The engine ended unexpectedly and is starting again. ${NOTHING_SENT}` }
  if (state?.engine === 'stopped')
    return { is: 'away', says: `The engine has stopped. ${NOTHING_SENT} Copy it, then start Tocsin again.` }
  return OPEN
}
