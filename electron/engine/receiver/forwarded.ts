/** What proxies, tunnels and networks for delivery add (`CDN-Loop` is RFC 8586), and no program on this computer does. */
const FORWARDING =
  /^(?:forwarded|via|cdn-loop|x-real-ip|x-forwarded|(?:true|x|x-cluster|fastly|fly)-client-ip|(?:x[-_](?:original[-_])?forwarded[-_]|x-original-|x-envoy-|x-azure-|fly-|cf-).*)$/

/**
 * Whether a proxy handed the request on. Many of them rewrite `Host` to the address behind, so that a stranger's request
 * carries our own name; what they add tells it from one that was made here.
 */
export function isForwarded(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (FORWARDING.test(rawHeaders[index]?.toLowerCase() ?? '')) return true
  }
  return false
}
