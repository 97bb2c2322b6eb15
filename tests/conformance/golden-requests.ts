import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One request as `golden/actions.txt` has it: as AlertChain sent it. */
export interface GoldenRequest {
  method: string
  /** With the query. */
  path: string
  /** Names in lower case. */
  headers: Record<string, string>
  body: string
}

export const GOLDEN_ACTIONS = readFileSync(join(import.meta.dirname, '../fixtures/golden/actions.txt'), 'utf8')

/** The actions of which there are samples. */
export const GOLDEN_USES = Array.from(GOLDEN_ACTIONS.matchAll(/^== ([a-z]+\.\w+)/gm), ([, uses = '']) => uses)

/** What AlertChain sends for an action's sample, in order. */
export function goldenRequests(uses: string): GoldenRequest[] {
  return partsOf(uses)
    .filter((part) => part.startsWith('REQ '))
    .map((part) => {
      const [line = '', ...rest] = part.split('\n')
      const [, method = '', url = ''] = line.split(' ')
      const bodyAt = rest.findIndex((text) => text.startsWith('    BODY '))
      const headers = rest.slice(0, bodyAt).map((text) => text.trim().split(': '))
      const body = rest.slice(bodyAt).join('\n').slice('    BODY '.length)
      const { pathname, search } = new URL(url)
      return {
        method,
        path: pathname + search,
        headers: Object.fromEntries(headers.map(([name = '', value = '']) => [name.toLowerCase(), value])),
        body: body.trimEnd(),
      }
    })
}

/** What AlertChain makes of the answer, as JSON text. */
export function goldenResult(uses: string): string {
  const result = partsOf(uses).find((part) => part.startsWith('RESULT')) ?? ''
  return result.replace(/^RESULT\(.*?\) /, '').trimEnd()
}

function partsOf(uses: string): string[] {
  const sample = GOLDEN_ACTIONS.split(/^== /m).find((part) => part.startsWith(`${uses} `)) ?? ''
  return sample.split(/^ {2}(?=REQ |RESULT)/m)
}
