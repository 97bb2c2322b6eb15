import { expect, it } from 'vitest'
import { newAlert } from '../../../../tests/fakes/store.ts'
import { eventForms } from '../../forms/event-forms.ts'
import { policyAlert } from './policy-input.ts'

it.each([true, false])(
  'has the alert with its `raw` only where it is read (%s), whichever form is at hand',
  (isRead) => {
    const alert = { ...newAlert({ eventId: 'e' }), id: 'a' }
    for (const withRaw of [true, false]) {
      const members = policyAlert(alert, eventForms({ b: '<', a: 1 }, { withRaw }), isRead)
      const raw = members['raw']
      expect(raw === undefined ? undefined : JSON.parse(raw)).toBe(
        isRead ? '{\n  "a": 1,\n  "b": "\\u003c"\n}\n' : undefined,
      )
      expect(members['data']).toBe('{"a":1,"b":"<"}')
    }
  },
)

it('has no data where the event is null', () => {
  const alert = { ...newAlert({ eventId: 'e' }), id: 'a' }
  expect(policyAlert(alert, eventForms(null), false)).not.toHaveProperty('data')
})
