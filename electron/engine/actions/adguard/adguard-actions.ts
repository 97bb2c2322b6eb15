import type { HttpPort } from '../../http/http-port.ts'
import type { Action } from '../action-definition.ts'
import { serviceAddresses, type ServiceUrl } from '../service-url.ts'
import { AdguardClient } from './adguard-client.ts'
import { adguardBlockDomain } from './block-domain.ts'
import { adguardUnblockDomain } from './unblock-domain.ts'

/** What changes AdGuard Home's custom rules, and takes it back. */
export function adguardActions(http: HttpPort, serviceUrl: ServiceUrl): Action[] {
  const client = new AdguardClient(http)
  return [adguardBlockDomain(client, () => serviceAddresses(serviceUrl)), adguardUnblockDomain(client)]
}
