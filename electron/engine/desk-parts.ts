import type { DeskParts } from './engine.ts'
import { openReception } from './reception.ts'
import { deskHandlers } from './desk/desk.ts'
import { recoveryHandlers } from './desk/recovery.ts'

/** What an engine with a desk or a receiver is given; `run` goes without. */
export const DESK: DeskParts = { openReception, handlers: deskHandlers, recovery: recoveryHandlers }
