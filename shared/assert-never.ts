/**
 * Marks a branch that the types rule out, so that a new union member is a compile error where it is not handled.
 * @throws Error when it is reached all the same (data from outside that was not validated)
 */
export function assertNever(value: never, what: string): never {
  throw new Error(`Unexpected ${what}: ${JSON.stringify(value)}`)
}
