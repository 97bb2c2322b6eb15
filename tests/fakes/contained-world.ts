import type { JsonObject } from '../../shared/model/json.ts'
import {
  CROWDSTRIKE_CLIENT,
  CROWDSTRIKE_DEVICE,
  DEVICE_ACTIONS_PATH,
  DEVICES_PATH,
  startFakeCrowdstrike,
} from './fake-crowdstrike.ts'
import type { DeclaredIn } from '../../electron/engine/actions/own/own-actions.ts'
import type { FakeRemote } from './fake-remote.ts'
import { OKTA_LOGIN, OKTA_PATH, OKTA_USER, startFakeOkta } from './fake-okta.ts'

/** A service with one target that two actions change, so that each is tried in the same ways. */
export interface ContainedWorld {
  remote: FakeRemote
  /** Addresses of services, as the setting has them. */
  urls?: Record<string, string>
  /** The own actions that the workspace declares. */
  declaredIn?: () => DeclaredIn | null
  /** The secret that the service takes, and one that it refuses, with what that is called. */
  secret: string
  wrong: { secret: string; code: string; message: RegExp }
  /** The arguments of both actions, with this secret. */
  argsWith: (secret: string) => JsonObject
  /** The argument that names the target, its service's own name of it, and how the inverse names it. */
  target: { arg: string; id: string; inverse: string }
  /** Names of no target here, beside those that are nowhere one. */
  hostile?: readonly string[]
  /** Where it is read first, and where it is contained: a path, or a method and a path. */
  paths: { read: string; contain: string }
  /** What the card says of a body that was sent; the body itself unless told. */
  bodyOnCard?: (sent: string) => string
  /** What it has taken may not show in it at once. */
  showsLate?: true
  /** How many requests one look at it takes. */
  looks: number
  /** How many more it takes before it is contained. */
  checks?: number
  /** Words of its status: free, contained, and one from which it cannot be, where there is one. */
  words: { free: string; contained: string; barred?: string }
  /** What is read of it in a status, as far as the status says. */
  stateOf: (status: string) => JsonObject
  set: (status: string) => void
  status: () => string
  /** Looks after a change that still show the target as it was before. */
  lag: (looks: number) => void
  /** The changes that the service carried out. */
  changes: () => string[]
  /** What these are called, to contain and to release. */
  verbs: readonly [string, string]
}

export const SERVICE_KEY = 'the-key-of-the-service'

/** What services with a plain key have in common. */
export const KEYED = {
  secret: SERVICE_KEY,
  wrong: { secret: 'another-key', code: 'key_refused', message: /\(401\).*secret WRONG/ },
  looks: 1,
}

export async function oktaWorld(): Promise<ContainedWorld> {
  const fake = await startFakeOkta(SERVICE_KEY)
  return {
    ...fake,
    ...KEYED,
    stateOf: (status) => ({ status }),
    argsWith: (secret) => ({ base_url: fake.remote.url, secret_token: secret, user_id: OKTA_LOGIN }),
    target: { arg: 'user_id', id: OKTA_USER, inverse: OKTA_USER },
    hostile: ['me', 'ME'],
    checks: 1,
    paths: {
      read: `/api/v1/users/${encodeURIComponent(OKTA_LOGIN)}`,
      contain: `${OKTA_PATH}/lifecycle/suspend`,
    },
    verbs: ['suspend', 'unsuspend'],
    words: { free: 'ACTIVE', contained: 'SUSPENDED', barred: 'STAGED' },
  }
}

export async function crowdstrikeWorld(): Promise<ContainedWorld> {
  const fake = await startFakeCrowdstrike(SERVICE_KEY)
  return {
    ...fake,
    ...KEYED,
    showsLate: true,
    stateOf: (status) => ({ status }),
    argsWith: (secret) => ({
      base_url: fake.remote.url,
      client_id: CROWDSTRIKE_CLIENT,
      secret_client_secret: secret,
      device_id: CROWDSTRIKE_DEVICE,
    }),
    target: { arg: 'device_id', id: CROWDSTRIKE_DEVICE, inverse: CROWDSTRIKE_DEVICE },
    paths: { read: DEVICES_PATH, contain: DEVICE_ACTIONS_PATH },
    verbs: ['contain', 'lift_containment'],
    words: { free: 'normal', contained: 'contained', barred: 'in_repair' },
  }
}
