import type { StandIn } from '../stand-in.ts'
import { adguard } from './adguard.ts'
import { aws } from './aws.ts'
import { cloudflare } from './cloudflare.ts'
import { crowdstrike } from './crowdstrike.ts'
import { defender } from './defender.ts'
import { entra } from './entra.ts'
import { files, quarantined } from './files.ts'
import { githubBlocks, githubToken } from './github.ts'
import { googleUsers } from './google-users.ts'
import { httpFetch, slack } from './one-request.ts'
import { okta } from './okta.ts'
import { oktaSessions } from './okta-sessions.ts'
import { processes } from './processes.ts'
import { pihole } from './pihole.ts'

const STAND_INS: readonly StandIn[] = [
  okta,
  oktaSessions,
  entra,
  googleUsers,
  githubBlocks,
  githubToken,
  crowdstrike,
  defender,
  cloudflare,
  pihole,
  adguard,
  aws,
  files,
  quarantined,
  // What is looked at is in /proc.
  ...(process.platform === 'linux' ? [processes] : []),
  httpFetch,
  slack,
]

/** @returns what stands for an action's service; null where nothing does */
export function standInOf(uses: string): StandIn | null {
  return STAND_INS.find((standIn) => standIn.uses.includes(uses)) ?? null
}
