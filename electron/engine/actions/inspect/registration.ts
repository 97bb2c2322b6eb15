import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { bounded, objectOf, objectsOf, pick, textOf, textsOf, timeOf } from './reading.ts'

const KEPT = [
  'objectClassName',
  'handle',
  'ldhName',
  'name',
  'type',
  'country',
  'startAddress',
  'endAddress',
  'ipVersion',
  'parentHandle',
  'startAutnum',
  'endAutnum',
  'status',
]

/** What is kept of an RDAP answer (RFC 9083): no address, telephone or mail of a person, no notices. */
export function keptRegistration(answer: JsonObject): JsonValue {
  return bounded({
    ...pick(answer, KEPT),
    events: objectsOf(answer['events']).map((event) => pick(event, ['eventAction', 'eventDate'])),
    nameservers: textsOf(objectsOf(answer['nameservers']).map(({ ldhName }) => textOf(ldhName))),
    entities: objectsOf(answer['entities']).map((entity) => ({
      ...pick(entity, ['handle', 'roles']),
      name: nameOf(entity),
    })),
  })
}

/** `["vcard", [["fn", {}, "text", "Example Ltd"], …]]` (RFC 7095). */
function nameOf(entity: JsonObject): string {
  const card = entity['vcardArray']
  const fields = Array.isArray(card) && Array.isArray(card[1]) ? card[1].slice(0, 50) : []
  const full = fields.find((field) => Array.isArray(field) && field[0] === 'fn')
  return Array.isArray(full) ? textOf(full[3]) : ''
}

/** Who holds an address or an autonomous system: the registrants' names, else the network's own. */
export function ownersOf(registration: JsonObject): string[] {
  const registrants = named(registration, 'registrant')
  return registrants.length > 0 ? registrants : textsOf(registration['name'])
}

/** @returns '' where none is named */
export function registrarOf(registration: JsonObject): string {
  return named(registration, 'registrar')[0] ?? ''
}

/** @returns RFC 3339, undefined where it is not said */
export function registeredAt(registration: JsonObject): string | undefined {
  const event = objectsOf(registration['events']).find(({ eventAction }) => eventAction === 'registration')
  return timeOf(objectOf(event)['eventDate'])
}

function named(registration: JsonObject, role: string): string[] {
  const entities = objectsOf(registration['entities']).filter(({ roles }) => textsOf(roles).includes(role))
  return textsOf(entities.map(({ name }) => textOf(name)))
}
