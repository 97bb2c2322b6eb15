import { type ReactNode, type RefObject, useEffect, useState } from 'react'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { attend, attendFocused, drawDecision, isJustOpened, useAttention } from './attention.ts'
import { type Unseen, useCardSight } from './card-sight.ts'

const UNSEEN: Record<Exclude<Unseen, null>, string> = {
  title: 'Scroll: what it does is out of sight',
  differences: 'Scroll: read what changed first',
  arguments: 'Scroll: read all arguments first',
  answer: 'Scroll: the answers are out of sight',
}
const BROUGHT = 'Not approved yet: it was out of sight. Read it, then approve'
const MOVED = 'The one before was settled elsewhere. This is another one: read it first'

interface Deciding {
  /** Why a key or a click did nothing, or what is missing for it; '' when nothing is */
  hint: string
  say: (hint: string) => void
  /** Whether a key or a click would approve: all that is decided is in sight */
  isInSight: boolean
  /** Goes to a button of this decision, once it and what it decides are in sight */
  goTo: (button: HTMLElement | null) => void
  /** Decides what is in sight */
  decide: () => void
  /** Opens a dialog about this decision */
  openOn: (dialog: ReactNode) => void
}

/**
 * The analyst's way to a decision: going to it, having it in sight, deciding it. One that came by itself is only gone to.
 * @param onApprove what an approval of what is in sight begins
 */
export function useDeciding(card: ApprovalCard, frame: RefObject<HTMLElement | null>, onApprove: () => void): Deciding {
  const { actionId } = card
  const [told, setTold] = useState('')
  const { unseen, look, bring } = useCardSight(frame, card.boundHash)
  useEffect(() => {
    const element = frame.current
    const onFocus = () => attendFocused(actionId)
    const erase = drawDecision(actionId)
    element?.addEventListener('focusin', onFocus)
    return () => {
      element?.removeEventListener('focusin', onFocus)
      erase()
    }
  }, [actionId, frame])
  useEffect(() => {
    if (isJustOpened()) bring()
  }, [bring])
  const focus = (element: HTMLElement | null) => element?.focus({ preventScroll: true })
  const isFacing = (): boolean => {
    const isOther = useAttention.getState().lost !== null
    attend(actionId)
    if (!isOther) return true
    bring()
    focus(frame.current)
    setTold(MOVED)
    return false
  }
  return {
    hint: told || (unseen ? UNSEEN[unseen] : ''),
    say: setTold,
    isInSight: unseen === null,
    goTo: (button) => {
      if (!isFacing()) return
      if (look() !== null) bring()
      focus(look() === null ? button : frame.current)
    },
    decide: () => {
      if (!isFacing()) return
      if (look() === null) return onApprove()
      // What comes into sight only now is read before it is decided.
      bring()
      setTold(look() === null ? BROUGHT : '')
    },
    openOn: (dialog) => {
      if (isFacing()) openDialog(dialog)
    },
  }
}
