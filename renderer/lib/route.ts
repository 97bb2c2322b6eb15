import { useSyncExternalStore } from 'react'

export const PLACES = ['waiting', 'inbox', 'events', 'reports', 'problems', 'containments', 'settings'] as const
export type Place = (typeof PLACES)[number]

/** Where the window is: `#/inbox/<alert id>`, `#/settings/secrets`. Only ids stand in the address, never content. */
export interface Route {
  place: Place | null
  id: string | null
}

function parse(hash: string): Route {
  const [place, id] = hash.replace(/^#\/?/, '').split('/')
  const known = PLACES.find((candidate) => candidate === place)
  return { place: known ?? null, id: known && id ? decodeURIComponent(id) : null }
}

let current = parse(window.location.hash)
let currentHash = window.location.hash

function snapshot(): Route {
  if (window.location.hash !== currentHash) {
    currentHash = window.location.hash
    current = parse(currentHash)
  }
  return current
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, snapshot)
}

export function href(place: Place, id?: string | null): string {
  return id ? `#/${place}/${encodeURIComponent(id)}` : `#/${place}`
}

/** Goes to a place. `replace` leaves no history entry: moving through a list is one step back, not a hundred. */
export function navigate(place: Place, id?: string | null, options: { replace?: boolean } = {}): void {
  const target = href(place, id)
  if (target === window.location.hash) return
  if (options.replace) window.history.replaceState(null, '', target)
  else window.history.pushState(null, '', target)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}
