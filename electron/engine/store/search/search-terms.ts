/** More terms than this are a pasted document, not a search. */
const MAX_TERMS = 16
const TERM = /"([^"]*)"|(\S+)/gu
/** What `unicode61` makes a token of; a term without any would be an empty phrase. */
const HAS_TOKEN = /[\p{L}\p{N}\p{Co}]/u

/**
 * What a person typed as an FTS5 query that cannot be anything but quoted phrases (S21): all must be found; the last
 * word, unless quoted, also as the beginning of a longer one, because it is still being typed.
 * @returns null when there is nothing to search for
 */
export function searchQuery(text: string): string | null {
  const terms = [...text.replaceAll('\0', ' ').matchAll(TERM)]
    .map(([, quoted, word]) => ({ text: quoted ?? word ?? '', isQuoted: quoted !== undefined }))
    .filter((term) => HAS_TOKEN.test(term.text))
    .slice(0, MAX_TERMS)
  if (terms.length === 0) return null
  return terms
    .map((term, index) => quote(term.text) + (index === terms.length - 1 && !term.isQuoted ? '*' : ''))
    .join(' AND ')
}

function quote(term: string): string {
  return `"${term.toWellFormed().replaceAll('"', '""')}"`
}
