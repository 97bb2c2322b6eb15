import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { TocsinError } from '../../../shared/errors.ts'
import type { HttpPort } from '../http/http-port.ts'
import type { Clock, Log } from '../ports/ports.ts'
import type { Environment } from '../secrets/env.ts'
import type { Handles } from '../secrets/handles.ts'
import type { Redactor } from '../secrets/redact.ts'
import type { Action } from './action-definition.ts'
import type { ActionPort } from './action-port.ts'
import { abuseipdbCheck } from './abuseipdb-check.ts'
import { adguardActions } from './adguard/adguard-actions.ts'
import { awsActions } from './aws/aws-actions.ts'
import { bigqueryInsertAlert, bigqueryInsertData } from './bigquery-insert.ts'
import { chatgptQuery } from './chatgpt-query.ts'
import { cloudflareActions } from './cloudflare/cloudflare-actions.ts'
import { defenderActions } from './defender/defender-actions.ts'
import { dnsLookup } from './dns-lookup.ts'
import { CrowdstrikeClient } from './crowdstrike-client.ts'
import { crowdstrikeContainHost } from './crowdstrike-contain-host.ts'
import { crowdstrikeLiftContainment } from './crowdstrike-lift-containment.ts'
import { entraActions } from './entra/entra-actions.ts'
import { fileQuarantine, type QuarantineParts } from './file-quarantine.ts'
import { fileRestore } from './file-restore.ts'
import { geoip } from './geoip.ts'
import { GithubApps } from './github-app.ts'
import { githubContainments } from './github/github-containments.ts'
import { githubCreateComment } from './github-create-comment.ts'
import { githubCreateIssue } from './github-create-issue.ts'
import { GoogleApi } from './google-api.ts'
import { googleActions } from './google/google-actions.ts'
import { history, type KnownValues } from './history.ts'
import { httpFetch } from './http-fetch.ts'
import { GeoDatabases } from './inspect/geo-databases.ts'
import { nameServersOf } from './inspect/name-server.ts'
import { jiraAddAttachment } from './jira-add-attachment.ts'
import { jiraAddComment } from './jira-add-comment.ts'
import { JiraClient } from './jira-client.ts'
import { jiraCreateIssue } from './jira-create-issue.ts'
import { MicrosoftApi } from './microsoft/microsoft-api.ts'
import { opsgenieCreateAlert } from './opsgenie-create-alert.ts'
import type { LookupPort } from './lookup.ts'
import { OwnActions, type DeclaredIn } from './own/own-actions.ts'
import { QuarantineFolder } from './quarantine/manifest.ts'
import { otxIndicator } from './otx-indicator.ts'
import { piholeActions } from './pihole/pihole-actions.ts'
import { processActions } from './process/process-actions.ts'
import { rdapLookup } from './rdap-lookup.ts'
import { oktaClearSessions } from './okta-clear-sessions.ts'
import { oktaSuspendUser } from './okta-suspend-user.ts'
import { oktaUnsuspendUser } from './okta-unsuspend-user.ts'
import { ActionRegistry } from './registry.ts'
import { serviceUrls } from './service-url.ts'
import { shodanHost } from './shodan-host.ts'
import { slackPost } from './slack-post.ts'
import { urlscanSearch } from './urlscan-search.ts'
import { virustotalLookup } from './virustotal-lookup.ts'

export interface ActionsParts {
  http: HttpPort
  environment: Environment
  handles: Handles
  redactor: Redactor
  /** Read anew at each use. An empty list of roots means the user's home and the temporary folder. */
  settings: () => {
    'quarantine.roots': string[]
    'service.urls': Record<string, string>
    'scripts.trusted': Record<string, string>
  }
  /** The process variables at start: services' addresses. */
  env: Readonly<Record<string, string | undefined>>
  /** null where the database is in memory: then nothing can be quarantined. */
  dataDir: string | null
  policyDir: string
  knownValues: KnownValues
  /** Where the app itself is installed. */
  appDir: string
  clock: Clock
  log: Log
  /** What a policy version declares, the live one where none is named. */
  declaredIn: (versionId: string | null) => DeclaredIn | null
}

/** Every action of this install, behind the one port that chains know. */
export function createActions(parts: ActionsParts): ActionPort & LookupPort {
  return new ActionRegistry({ ...parts, own: new OwnActions(parts) }, listActions(parts))
}

/** @returns the definitions, in the order of `docs/ACTIONS.md` */
export function listActions(
  parts: Omit<ActionsParts, 'environment' | 'handles' | 'redactor' | 'log' | 'declaredIn'>,
): Action[] {
  const quarantine = quarantineParts(parts)
  const { http, env, settings, clock } = parts
  const serviceUrl = serviceUrls(env, settings)
  const google = new GoogleApi({ http, env, clock })
  const bigquery = { google, serviceUrl, clock }
  const github = new GithubApps({ http, serviceUrl, clock })
  const jira = new JiraClient(http)
  const crowdstrike = new CrowdstrikeClient({ http, serviceUrl, clock })
  const microsoft = new MicrosoftApi({ http, serviceUrl, clock })
  return [
    httpFetch(http),
    chatgptQuery(http, serviceUrl),
    slackPost(http),
    githubCreateIssue(github),
    githubCreateComment(github),
    jiraCreateIssue(jira),
    jiraAddComment(jira),
    jiraAddAttachment(jira),
    opsgenieCreateAlert(http, serviceUrl),
    otxIndicator(http, serviceUrl),
    virustotalLookup(http, serviceUrl),
    abuseipdbCheck(http, serviceUrl),
    urlscanSearch(http, serviceUrl),
    shodanHost(http, serviceUrl),
    rdapLookup(http, serviceUrl),
    dnsLookup(() => nameServersOf(env['TOCSIN_DNS_SERVER'] ?? '')),
    geoip(new GeoDatabases(parts)),
    history(parts.knownValues),
    bigqueryInsertAlert(bigquery),
    bigqueryInsertData(bigquery),
    fileQuarantine(quarantine),
    fileRestore(quarantine),
    ...processActions(clock),
    oktaSuspendUser(http),
    oktaUnsuspendUser(http),
    oktaClearSessions(http, clock),
    ...entraActions(microsoft, serviceUrl),
    ...googleActions(google, serviceUrl),
    ...githubContainments(http, serviceUrl),
    crowdstrikeContainHost(crowdstrike),
    crowdstrikeLiftContainment(crowdstrike),
    ...defenderActions({ microsoft, serviceUrl }),
    ...cloudflareActions({ http, serviceUrl }),
    ...piholeActions(http, serviceUrl),
    ...adguardActions(http, serviceUrl),
    ...awsActions({ http, serviceUrl, clock }),
  ]
}

function quarantineParts({
  dataDir,
  policyDir,
  appDir,
  settings,
  clock,
}: Pick<ActionsParts, 'dataDir' | 'policyDir' | 'appDir' | 'settings' | 'clock'>): QuarantineParts {
  const folder = dataDir === null ? null : new QuarantineFolder(join(dataDir, 'quarantine'))
  const protectedFolders = [
    { name: 'the workspace', path: policyDir },
    { name: 'the app', path: appDir },
    ...(dataDir === null ? [] : [{ name: 'the data folder', path: dataDir }]),
  ]
  return {
    folder() {
      if (folder !== null) return folder
      throw new TocsinError('no_data_folder', 'There is no data folder to quarantine into: start with --data.')
    },
    places() {
      const roots = settings()['quarantine.roots']
      return { roots: roots.length === 0 ? [homedir(), tmpdir()] : roots, protectedFolders }
    },
    clock,
  }
}
