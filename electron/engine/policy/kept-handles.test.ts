import { expect, it } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import { Handles } from '../secrets/handles.ts'
import { failedEvaluation, type Evaluation } from './evaluation.ts'
import { evaluateKeeping } from './kept-handles.ts'

const handles = new Handles(new Uint8Array(32).fill(7))
const TOKEN = handles.make('TOKEN')

/** What is left of a document that a policy made. */
async function kept(entrypoint: string, document: JsonValue): Promise<JsonValue | undefined> {
  const none = failedEvaluation({ code: '', message: '' })
  const evaluation: Evaluation = { ...none, error: null, result: document, text: JSON.stringify(document) }
  const request = { versionId: '', entrypoint, input: new Uint8Array(), nowNs: '0', seed: '' }
  const { result, text } = await evaluateKeeping(handles, request, () => Promise.resolve(evaluation))
  expect(JSON.parse(text ?? 'null')).toEqual(result)
  return result
}

it.each([
  ['action', 'run'],
  ['emit', 'run'],
  ['inspect', 'inspect'],
  ['tocsin:rules/emit', 'rule:0'],
])('[S32] %s hands a handle on in the arguments of an action and nowhere else', async (entrypoint, list) => {
  const element = { uses: 'x', args: { secret_key: TOKEN }, name: TOKEN, findings: [{ [TOKEN]: `a ${TOKEN}` }] }
  expect(await kept(entrypoint, { [list]: [element, TOKEN] })).toEqual({
    [list]: [{ ...element, name: '‹TOKEN›', findings: [{ '‹TOKEN›': 'a ‹TOKEN›' }] }, '‹TOKEN›'],
  })
})

it.each([
  ['inspect', 'run'],
  ['emit', 'inspect'],
  ['review', 'run'],
  ['review', 'inspect'],
  ['action', 'inspect'],
])('[S32] %s hands none on as %s, which it is not asked for', async (entrypoint, list) => {
  const args = { secret_key: TOKEN }
  expect(await kept(entrypoint, { [list]: [{ args }] })).toEqual({ [list]: [{ args: { secret_key: '‹TOKEN›' } }] })
})

it('[S32] a review puts no handle into its reason', async () => {
  expect(await kept('review', { severity: 'safe', reason: `for ${TOKEN}` })).toEqual({
    severity: 'safe',
    reason: 'for ‹TOKEN›',
  })
})
