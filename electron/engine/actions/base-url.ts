/** Whether a text may stand before the paths of a service: http(s), without user name, query and fragment. */
export function isBaseUrl(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '') &&
    !/[?#]/.test(text)
  )
}

/** @returns the address without slashes at its end */
export function trimmedUrl(base: string): string {
  return base.replace(/\/+$/, '')
}
