import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EC2Client } from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'

const SCRIPT = fileURLToPath(new URL('../../../scripts/moto.mjs', import.meta.url))

/** An EC2 and an IAM of one's own: moto takes any key. */
export const MOTO_ACCOUNT = { region: 'us-east-1', access_key_id: 'AKIAMOTOMOTOMOTOMOTO' }
export const MOTO_SECRET = 'moto/takes/any/secret/0123456789abcdefgh'

/** Where moto is installed, or why it is not. */
export type MotoPlace = { python: string; why?: never } | { python?: never; why: string }

/** Installs moto where that was not done before. */
export async function findMoto(): Promise<MotoPlace> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT])
  const line = stdout.trim()
  return line.startsWith('skipped: ') ? { why: line.slice('skipped: '.length) } : { python: line }
}

/** How a suite is named that a missing moto leaves out. */
export function suiteWith(name: string, { why }: MotoPlace): string {
  return why === undefined ? name : `${name} IS NOT TRIED AGAINST MOTO: ${why}`
}

/** A moto server of its own, empty at first but for what every account has. */
export class Moto {
  readonly url: string
  readonly ec2: EC2Client
  readonly iam: IAMClient
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
    const credentials = { accessKeyId: MOTO_ACCOUNT.access_key_id, secretAccessKey: MOTO_SECRET }
    const config = { endpoint: url, region: MOTO_ACCOUNT.region, credentials }
    this.ec2 = new EC2Client(config)
    this.iam = new IAMClient(config)
  }

  static async start({ python }: MotoPlace): Promise<Moto> {
    const args = ['-u', '-m', 'moto.server', '-H', '127.0.0.1', '-p', '0']
    const child = spawn(python ?? 'python3', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const lines = createInterface({ input: child.stderr })
    for await (const line of lines) {
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
      if (url === undefined) continue
      // What it says of each request nobody reads.
      child.stderr.resume()
      return new Moto(child, url)
    }
    throw new Error('moto ended before it listened')
  }

  async stop(): Promise<void> {
    this.ec2.destroy()
    this.iam.destroy()
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'close')
  }
}
