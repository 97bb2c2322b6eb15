import { useEffect, useState } from 'react'
import type { JsonObject } from '../../../shared/model/json.ts'
import { call } from '../../lib/bridge.ts'

/** Typing stops this long before the plan is made again. */
const PAUSE_MS = 300

export interface Plan {
  lines: readonly { key: string; value: string }[]
  /** What approving these arguments must carry; '' until it is known */
  boundHash: string
  /** What must be typed to approve them; '' where nothing must */
  confirm: string
  failure: string
}

const NO_PLAN: Plan = { lines: [], boundHash: '', confirm: '', failure: '' }

export interface PlanOptions {
  actionId: string
  /** What the analyst changed; null while it cannot be read */
  edited: JsonObject | null
  /** Made again when this changes: the card, or a wish to look once more */
  basis: string
}

/**
 * What would happen with changed arguments, as the action itself says.
 * @returns the plan of these very arguments, and a function that asks for it without waiting for a pause
 */
export function usePlan({ actionId, edited, basis }: PlanOptions): { plan: Plan; hurry: () => void } {
  const args = edited && Object.keys(edited).length > 0 ? JSON.stringify(edited) : ''
  const key = args === '' ? '' : `${basis} ${args}`
  const [made, setMade] = useState({ ...NO_PLAN, key: '' })
  const [urgent, setUrgent] = useState('')
  const isUrgent = urgent === key
  useEffect(() => {
    if (args === '') return undefined
    let isCurrent = true
    const ask = async () => {
      const answer = await call('approvals.plan', { actionId, args: JSON.parse(args) as JsonObject })
      if (!isCurrent) return
      const { plan: lines = [], ...found } = answer.ok ? answer.value : {}
      setMade({ ...NO_PLAN, key, lines, ...found, failure: answer.ok ? '' : answer.error.message })
    }
    const timer = window.setTimeout(() => void ask(), isUrgent ? 0 : PAUSE_MS)
    return () => {
      isCurrent = false
      window.clearTimeout(timer)
    }
  }, [actionId, args, key, isUrgent])
  return { plan: made.key === key ? made : NO_PLAN, hurry: () => setUrgent(key) }
}
