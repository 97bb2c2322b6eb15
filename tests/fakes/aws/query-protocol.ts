import { createHash, createHmac } from 'node:crypto'
import type { Received, Reply } from '../fake-remote.ts'

/** Says no, by the error code of the service. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** An error of EC2 (`Response.Errors.Error`), which AWS's older services write otherwise: `ErrorResponse.Error`. */
export function refused(
  service: 'ec2' | 'iam',
  { status, code, message }: Pick<Refusal, 'status' | 'code' | 'message'>,
): Reply {
  const error = `<Code>${code}</Code><Message>${escaped(message)}</Message>`
  const body =
    service === 'ec2'
      ? `<Response><Errors><Error>${error}</Error></Errors><RequestID>r-1</RequestID></Response>`
      : `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>r-1</RequestId></ErrorResponse>`
  return xml(body, status)
}

export function xml(body: string, status = 200): Reply {
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body: `<?xml version="1.0"?>${body}` }
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** What an operation takes: names as they stand in the form, `N` for the place in a list. */
export interface Fields {
  needs: readonly string[]
  may?: readonly string[]
}

/** @throws Refusal for a field that the model does not have, or one that is missing */
export function checkFields(form: URLSearchParams, { needs, may = [] }: Fields): void {
  const shape = (name: string): string => name.replaceAll(/\.\d+(?=\.|$)/g, '.N')
  const given = new Set([...form.keys()].map(shape))
  const known = new Set([...needs, ...may, 'Action', 'Version'])
  const unknown = [...given].find((name) => !known.has(name))
  if (unknown !== undefined) throw new Refusal(400, 'UnknownParameter', `The parameter ${unknown} is not recognized`)
  const lacking = needs.find((name) => !given.has(name))
  if (lacking !== undefined)
    throw new Refusal(400, 'MissingParameter', `The request must contain the parameter ${lacking}`)
}

/** Who signed a request, and for what. */
export interface Signer {
  key: string
  region: string
  service: string
}

/** Signature Version 4 (AWS General Reference, "Create a signed request"). @throws Refusal as AWS does */
export function checkSignature(call: Received, secrets: ReadonlyMap<string, string>): Signer {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/(\w+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/
  const [, key = '', day = '', region = '', service = '', names = '', signature = ''] =
    pattern.exec(call.headers['authorization'] ?? '') ?? []
  const secret = secrets.get(key)
  if (secret === undefined)
    throw new Refusal(401, 'AuthFailure', 'AWS was not able to validate the provided access credentials')
  const signed = names.split(';').map((name) => `${name}:${(call.headers[name] ?? '').trim()}\n`)
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const canonical = [call.method, '/', '', signed.join(''), names, hash(call.body)].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', call.headers['x-amz-date'] ?? '', scope, hash(canonical)].join('\n')
  const hmac = (by: string | Buffer, text: string): Buffer => createHmac('sha256', by).update(text).digest()
  const signing = ['aws4_request', service, region, day].reduceRight<Buffer | string>(
    (by, part) => hmac(by, part),
    `AWS4${secret}`,
  )
  if (hmac(signing, toSign).toString('hex') === signature) return { key, region, service }
  throw new Refusal(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided',
  )
}
