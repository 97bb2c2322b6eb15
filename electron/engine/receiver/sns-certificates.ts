import { X509Certificate, type KeyObject } from 'node:crypto'
import { errorMessage } from '../../../shared/errors.ts'
import type { Clock, Log } from '../ports/ports.ts'
import { busy } from './body.ts'
import { refusal, refusalForNow, type Refusal } from './refusal.ts'

/** Amazon SNS of one region, in the public partitions. Whoever may choose the host may choose the key. */
const SNS_HOST = /^sns\.[a-z]{2}(?:-[a-z]+)+-\d{1,2}\.amazonaws\.com(?:\.cn)?$/

/** SNS has one certificate per region and renews it once a year; a desk hears from few regions. */
const MAX_CACHED = 16

/** A flood of messages that name certificates must not become a flood of requests. */
const MAX_FETCHING = 4

/** Amazon's are of 2048 bits. */
const MIN_KEY_BITS = 2048

/** One GET without redirects, bounded in time and size. Rejects when there is no answer. */
export type SnsGet = (url: string) => Promise<{ status: number; body: Buffer }>

interface Certificate {
  key: KeyObject
  /** Epoch ms; both bounds are inside. */
  validFrom: number
  validTo: number
}

/** Reads an address that a message names. @returns null unless it is SNS's own, by https, on the standard port */
export function snsUrl(text: string): URL | null {
  const url = URL.parse(text)
  const isPlain = url?.username === '' && url.password === '' && url.port === '' && url.hash === ''
  return url?.protocol === 'https:' && isPlain && SNS_HOST.test(url.hostname) ? url : null
}

/** The certificates that sign SNS messages, by their addresses, each kept until it ends. */
export class SnsCertificates {
  readonly #get: SnsGet
  readonly #clock: Clock
  readonly #log: Log
  readonly #known = new Map<string, Certificate>()
  readonly #fetching = new Map<string, Promise<Certificate | Refusal>>()

  constructor({ get, clock, log }: { get: SnsGet; clock: Clock; log: Log }) {
    this.#get = get
    this.#clock = clock
    this.#log = log
  }

  /** The public key of the certificate at an address that a message names. */
  async key(address: string): Promise<KeyObject | Refusal> {
    const url = snsUrl(address)
    if (!url || url.search !== '' || !url.pathname.endsWith('.pem')) {
      return refused('SigningCertURL is no https address of Amazon SNS that ends in .pem')
    }
    const certificate = this.#valid(this.#known.get(url.href)) ?? (await this.#fetchOnce(url.href))
    if ('status' in certificate) return certificate
    return this.#valid(certificate)?.key ?? refused('the certificate is not valid at this time')
  }

  #valid(certificate: Certificate | undefined): Certificate | null {
    const now = this.#clock.now()
    return certificate && certificate.validFrom <= now && now <= certificate.validTo ? certificate : null
  }

  async #fetchOnce(url: string): Promise<Certificate | Refusal> {
    const underway = this.#fetching.get(url)
    if (underway) return underway
    if (this.#fetching.size >= MAX_FETCHING) return busy()
    const fetching = this.#fetch(url)
    this.#fetching.set(url, fetching)
    try {
      return await fetching
    } finally {
      this.#fetching.delete(url)
    }
  }

  async #fetch(url: string): Promise<Certificate | Refusal> {
    try {
      const { status, body } = await this.#get(url)
      if (status >= 500 || status === 429) return this.#unavailable(url, `it answered ${status}`)
      const certificate = status === 200 ? read(body) : null
      if (!certificate) return refused('there is no usable certificate at SigningCertURL')
      this.#remember(url, certificate)
      return certificate
    } catch (error) {
      return this.#unavailable(url, errorMessage(error))
    }
  }

  /** Whoever sent it does not learn how this machine reaches Amazon; the log does. */
  #unavailable(url: string, reason: string): Refusal {
    this.#log.warn('A certificate of Amazon SNS could not be fetched', { url, reason })
    return refusalForNow(503, 'sns_certificate', 'not taken: the certificate could not be fetched, send it again')
  }

  #remember(url: string, certificate: Certificate): void {
    if (!this.#valid(certificate)) return
    this.#known.delete(url)
    this.#known.set(url, certificate)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_CACHED && oldest !== undefined) this.#known.delete(oldest)
  }
}

/** @returns null when it is no certificate of an RSA key that is long enough */
function read(pem: Buffer): Certificate | null {
  try {
    const { publicKey: key, validFromDate, validToDate } = new X509Certificate(pem)
    const isStrong = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_KEY_BITS
    if (key.asymmetricKeyType !== 'rsa' || !isStrong) return null
    return { key, validFrom: validFromDate.getTime(), validTo: validToDate.getTime() }
  } catch {
    return null
  }
}

function refused(why: string): Refusal {
  return refusal(403, 'sns_certificate', `refused: ${why}`)
}
