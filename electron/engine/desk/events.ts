import type { DeskContext, Handlers } from './context.ts'

/** Everything that was received. */
export function eventHandlers({ store }: DeskContext): Handlers<'events.page' | 'events.get'> {
  return {
    'events.page': (arg) => store.reader.query('events.page', arg),
    'events.get': (arg) => store.reader.query('events.get', arg),
  }
}
