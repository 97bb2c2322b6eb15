import type { HttpPort } from '../../http/http-port.ts'
import type { Action } from '../action-definition.ts'
import { serviceAddresses, type ServiceUrl } from '../service-url.ts'
import { piholeBlockDomain } from './block-domain.ts'
import { PiholeClient } from './pihole-client.ts'
import { piholeUnblockDomain } from './unblock-domain.ts'

/** What changes Pi-hole's deny list, and takes it back. */
export function piholeActions(http: HttpPort, serviceUrl: ServiceUrl): Action[] {
  const client = new PiholeClient(http)
  return [piholeBlockDomain(client, () => serviceAddresses(serviceUrl)), piholeUnblockDomain(client)]
}
