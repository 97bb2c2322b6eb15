import type { Attribute } from '../../../shared/model/alert.ts'
import type { NewId } from '../forms/derived-id.ts'
import type { ResultObject } from './policy-result.ts'

/** One attribute of a policy's result; `global` is the older word for `persist`. An empty id stays empty until `tidy`. */
export function readAttribute(object: ResultObject): Attribute {
  return {
    id: object.text('id'),
    key: object.text('key'),
    value: object.any('value'),
    type: object.text('type'),
    persist: object.flag('persist') || object.flag('global'),
    ttl: object.integer('ttl'),
  }
}

/**
 * AlertChain's `Tidy`: an attribute without an id gets one; one whose id was seen replaces the earlier record at its place.
 * @param newId makes its id of its key
 */
export function tidy(attributes: readonly Attribute[], newId: NewId): Attribute[] {
  const out: Attribute[] = []
  const places = new Map<string, number>()
  for (const attribute of attributes) {
    const id = attribute.id || newId(attribute.key)
    const place = places.get(id)
    if (place === undefined) places.set(id, out.push({ ...attribute, id }) - 1)
    else out[place] = { ...attribute, id }
  }
  return out
}
