import { TocsinError } from '../../../shared/errors.ts'

/** Where a service is when neither the environment nor a setting says otherwise (`interfaces.md` §5). */
const DEFAULTS = {
  OPENAI_BASE_URL: 'https://api.openai.com/v1',
  GITHUB_API_URL: 'https://api.github.com',
  OPSGENIE_BASE_URL: 'https://api.opsgenie.com',
  OTX_BASE_URL: 'https://otx.alienvault.com',
  BIGQUERY_BASE_URL: 'https://bigquery.googleapis.com',
  VIRUSTOTAL_BASE_URL: 'https://www.virustotal.com',
  ABUSEIPDB_BASE_URL: 'https://api.abuseipdb.com',
  CLOUDFLARE_BASE_URL: 'https://api.cloudflare.com/client/v4',
  CROWDSTRIKE_BASE_URL: 'https://api.crowdstrike.com',
  DEFENDER_BASE_URL: 'https://api.security.microsoft.com',
  LOGIN_BASE_URL: 'https://login.microsoftonline.com',
  GRAPH_BASE_URL: 'https://graph.microsoft.com',
  GOOGLE_BASE_URL: 'https://admin.googleapis.com',
  /** Empty: each service and region has its own. */
  AWS_ENDPOINT_URL: '',
  URLSCAN_BASE_URL: 'https://urlscan.io',
  SHODAN_BASE_URL: 'https://api.shodan.io',
  RDAP_BASE_URL: 'https://rdap.org',
} as const

export type ServiceName = keyof typeof DEFAULTS

/**
 * Checks where a service is said to be: paths are put behind it, so it has no query, and log-ins belong into secrets.
 * @throws TocsinError `bad_service_url`, which names the variable
 */
export function checkServiceUrl(name: string, text: string): void {
  const url = URL.parse(text)
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (isHttp && url.username + url.password + url.search + url.hash === '' && !/[?#\s]/.test(text)) return
  throw new TocsinError(
    'bad_service_url',
    `${name} is an http(s) address without user name, query and fragment, not "${text}".`,
  )
}

/** The names of the services' variables. */
export const SERVICE_NAMES = Object.keys(DEFAULTS)

/** @returns the address of a service, without a slash at its end */
export type ServiceUrl = (name: ServiceName) => string

/** Where accounts of Google log in, whatever service they are for. */
const GOOGLE_LOGIN = 'https://oauth2.googleapis.com'

/** Of AWS without an address of its own: what stands for the hosts of all regions. */
const AWS_HOSTS = ['https://iam.amazonaws.com', 'https://iam.cn-north-1.amazonaws.com.cn']

/** @returns every address that the desk needs for its services, those that it never called among them */
export function serviceAddresses(serviceUrl: ServiceUrl): string[] {
  const names = Object.keys(DEFAULTS) as ServiceName[] // of our own object
  return [GOOGLE_LOGIN, ...names.flatMap((name) => serviceUrl(name) || AWS_HOSTS)]
}

/** The process variable wins over the setting `service.urls` (same names), which wins over the service's own address. */
export function serviceUrls(
  env: Readonly<Record<string, string | undefined>>,
  settings: () => { 'service.urls': Record<string, string> },
): ServiceUrl {
  return (name) => (env[name] || settings()['service.urls'][name] || DEFAULTS[name]).replace(/\/+$/, '')
}
