import type { HttpPort } from '../../http/http-port.ts'
import type { Action } from '../action-definition.ts'
import type { ServiceUrl } from '../service-url.ts'
import { cloudflareBlockIp } from './block-ip.ts'
import { CloudflareClient } from './cloudflare-client.ts'
import { cloudflareUnblockIp } from './unblock-ip.ts'

/** What changes a list of Cloudflare, and takes it back. */
export function cloudflareActions(parts: { http: HttpPort; serviceUrl: ServiceUrl }): Action[] {
  const client = new CloudflareClient(parts)
  return [cloudflareBlockIp(client), cloudflareUnblockIp(client)]
}
