import { z } from 'zod'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

/** What the action may send; the real service takes more, and refuses what is misspelt. */
const requestSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(z.strictObject({ role: z.enum(['system', 'user']), content: z.string().min(1) })).min(1),
  max_tokens: z.int().min(1).optional(),
})

/** Chat completions under `/v1`; `OPENAI_BASE_URL` is `url + '/v1'`. Refuses unknown, missing and wrong fields with 400. */
export async function startFakeOpenAi(options: { key: string; content: string }): Promise<FakeRemote> {
  return FakeRemote.start({ service: (call) => answer(call, options) })
}

function answer(call: Received, { key, content }: { key: string; content: string }): Reply {
  if (call.method !== 'POST' || call.path !== '/v1/chat/completions')
    return refusal(404, `no ${call.method} ${call.path}`)
  if (call.headers.authorization !== `Bearer ${key}`) {
    // The real service shows part of the key as well.
    const given = call.headers.authorization?.slice('Bearer '.length) ?? 'none'
    return refusal(401, `Incorrect API key provided: ${given}.`, 'invalid_api_key')
  }
  if (call.headers['content-type'] !== 'application/json') return refusal(400, 'the body is no JSON')
  const request = requestSchema.safeParse(parse(call.body))
  if (!request.success) {
    const [issue] = request.error.issues
    const isUnknown = issue?.code === 'unrecognized_keys'
    return refusal(
      400,
      z.prettifyError(request.error),
      isUnknown ? 'unknown_parameter' : 'invalid_type',
      issue?.path.join('.'),
    )
  }
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(completion(request.data.model, content)),
  }
}

function completion(model: string, content: string): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  }
}

function refusal(status: number, message: string, code: string | null = null, param: string | null = null): Reply {
  return { status, body: JSON.stringify({ error: { message, type: 'invalid_request_error', param, code } }) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
