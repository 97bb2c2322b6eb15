import { expect, it } from 'vitest'
import { newAlert } from '../../../../tests/fakes/store.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { eventForms } from '../../forms/event-forms.ts'
import { policyAlert } from './policy-input.ts'

const EVENT = '{"b":"<","a":1}'

it.each([true, false])(
  'has the alert with its `raw` only where it is read (%s), whichever form is at hand',
  (isRead) => {
    const alert = { ...newAlert({ eventId: 'e' }), id: 'a' }
    for (const withRaw of [true, false]) {
      const members = policyAlert(
        alert,
        eventForms({ text: EVENT, value: JSON.parse(EVENT) as JsonValue }, { withRaw }),
        isRead,
      )
      const raw = members['raw']
      expect(raw === undefined ? undefined : JSON.parse(raw)).toBe(
        isRead ? '{\n  "a": 1,\n  "b": "\\u003c"\n}\n' : undefined,
      )
      expect(members['data']).toBe(EVENT)
    }
  },
)

it('has no data where the event is null', () => {
  const alert = { ...newAlert({ eventId: 'e' }), id: 'a' }
  expect(policyAlert(alert, eventForms({ text: ' null', value: null }), false)).not.toHaveProperty('data')
})
