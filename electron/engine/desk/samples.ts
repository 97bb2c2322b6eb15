import { TocsinError } from '../../../shared/errors.ts'
import { sendSample } from '../starter/sample.ts'
import type { DeskContext, Handlers } from './context.ts'

/** *Send a sample alert*: a real file, a real request, a harmless text. */
export function sampleHandlers({ store, receiver }: DeskContext): Handlers<'sample.send'> {
  return {
    'sample.send': () => {
      const url = receiver?.state().url ?? null
      if (receiver === null || url === null) {
        throw new TocsinError('receiver_not_listening', 'The receiver does not listen: give it a free port first.')
      }
      return sendSample(url, receiver.ownToken(), store.settings.get('quarantine.roots'))
    },
  }
}
