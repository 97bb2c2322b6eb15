/** A GraphQL answer in gqlgen's order: errors first, and `data` even when there is none. */
export function answerText(errors: readonly object[], data: unknown): string {
  return `${JSON.stringify({ ...(errors.length > 0 ? { errors } : {}), data: data ?? null })}\n`
}
