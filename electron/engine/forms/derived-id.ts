import { sha256 } from './canonical.ts'

/** Gives an id to something that the policy gave none. @param key what tells it from others in its place */
export type NewId = (key: string) => string

/**
 * A UUID (version 8: custom) made of what it stands for: the same parts give the same id, so that what carries one is equal
 * when the same thing happens again.
 */
export function derivedId(...parts: readonly (string | number)[]): string {
  const hex = sha256(JSON.stringify(parts))
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Ids of one place, one after the other: those of equal keys are told apart by their number among them. */
export function derivedIds(...place: readonly (string | number)[]): NewId {
  const counts = new Map<string, number>()
  return (key) => {
    const nth = counts.get(key) ?? 0
    counts.set(key, nth + 1)
    return derivedId(...place, key, nth)
  }
}

/**
 * The id of an alert: a UUIDv7 of when it is made, whose random part is made of the event, the evaluation (by its seed) and
 * the place in its result. Whoever evaluates knows it before anything is stored.
 * @param createdAt epoch ms
 */
export function alertIdOf(
  createdAt: number,
  { eventId, seed, position }: { eventId: string; seed: string; position: number },
): string {
  const time = createdAt.toString(16).padStart(12, '0')
  const hex = sha256(JSON.stringify(['alert', eventId, seed, position]))
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
