import { create } from 'zustand'

/**
 * The connection to the engine. Electron's is always `open`; the browser host's WebSocket can be lost (and comes back by
 * itself) or refused (which needs a fresh link).
 */
export interface Link {
  state: 'connecting' | 'open' | 'lost' | 'refused'
  message: string
  /** Opens this desk, for a terminal; '' where nobody told */
  command: string
}

export const useLink = create<Link>(() => ({ state: 'open', message: '', command: '' }))
