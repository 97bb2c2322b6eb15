import { z } from 'zod'
import { jsonObject, jsonValue } from '../../../../shared/model/json.ts'

/**
 * What a file in the workspace's `actions/` folder may say (docs/POLICIES.md, "Own actions"). Names in braces stand for
 * arguments; what belongs together across fields is checked by `declaration-faults.ts`.
 */

/** `family.verb`, as built-in ones. */
const NAME = /^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,59}$/
const ARGUMENT_NAME = /^[a-z][a-z0-9_]{0,39}$/
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
/** The connection's own; the HTTP port sets them. */
const PORT_HEADERS =
  /^(host|content-length|transfer-encoding|connection|keep-alive|proxy-.*|upgrade|expect|te|trailer)$/i
/** Of a file beside the declarations; no folder above them can be named. */
const SCRIPT_PATH = /^[A-Za-z0-9][\w.-]{0,99}(?:\/[A-Za-z0-9][\w.-]{0,99}){0,5}$/

const line = z.string().min(1).max(500)

const argument = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'strings']).default('string'),
  description: line,
  optional: z.boolean().default(false),
  /** The analyst may not edit it. */
  locked: z.boolean().default(false),
  /** In RE2's syntax; it has to match the whole text. */
  pattern: line.optional(),
  enum: z.array(z.string()).min(1).max(100).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
})
export type ArgumentDeclaration = z.infer<typeof argument>

const headers = z
  .record(
    z
      .string()
      .regex(HEADER_NAME, 'is no header name')
      .refine((name) => !PORT_HEADERS.test(name), 'is set by the connection'),
    z.string(),
  )
  .default({})

/** What an answer has to be to count as success. */
const success = z.strictObject({
  status: z.array(z.int().min(200).max(599)).min(1).default([200, 201, 202, 204]),
  /** By path: the value that has to stand there. */
  json: z.record(z.string(), jsonValue).default({}),
})
export type Success = z.infer<typeof success>

const question = z.strictObject({ url: z.string(), headers, success: success.optional() })

const request = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
  url: z.string(),
  headers,
  /** JSON; a text is sent as it is. */
  body: jsonValue.optional(),
  success: success.optional(),
  /** Where in the answer the result is; the whole answer unless told. */
  result: z.string().optional(),
})
export type RequestDeclaration = z.infer<typeof request>

const read = z.strictObject({
  url: z.string(),
  headers,
  success: success.optional(),
  /** Where the service's own id of the target stands in the answer; the target as the card names it unless told. */
  id: z.string().optional(),
  /** By name: where in the answer it stands. */
  state: z.record(z.string().regex(ARGUMENT_NAME), z.string()),
  /** An answer with one of these statuses means that there is no such entry: the state is then this. */
  absent: z.strictObject({ status: z.array(z.int().min(400).max(499)).min(1), state: jsonObject }).optional(),
})

const common = {
  name: z.string().regex(NAME, 'is no name like family.verb'),
  effect: z.enum(['observe', 'notify', 'contain']),
  title: line,
  target: line,
  /** What it does, as a sentence for the card. */
  does: line,
  args: z.record(z.string().regex(ARGUMENT_NAME, 'is no name like user_id'), argument).default({}),
  timeout_s: z.int().min(1).max(600).default(30),
  /** Doing it twice is the same as doing it once. */
  idempotent: z.boolean().default(false),
  /** The state in which the target is as the action makes it. Values may name arguments. */
  so: jsonObject.optional(),
  /** The states from which it can be made so; every other one unless told. */
  open: z.array(jsonObject).min(1).optional(),
  undo: z
    .strictObject({
      uses: z.string(),
      sentence: line,
      /** Its arguments, by name; those of the same name unless told. May name `before.<state>`. */
      args: jsonObject.optional(),
    })
    .optional(),
  no_undo: line.optional(),
  /** The target ends it by itself: it takes the argument `for` and gets {for_seconds}. */
  ended_by_target: z.boolean().default(false),
  /** For how long an answer stands for other reports, in seconds. */
  keep_s: z.int().min(0).max(2_592_000).optional(),
}

const http = z.strictObject({
  kind: z.literal('http'),
  ...common,
  request,
  read: read.optional(),
  /** Asked after a crash: success means that it was done. */
  probe: question.optional(),
})

const script = z.strictObject({
  kind: z.literal('script.run'),
  ...common,
  script: z.strictObject({
    file: z.string().regex(SCRIPT_PATH, 'is no file beside the declaration, like block.py or scripts/block.py'),
    /** The whole environment of the script. */
    env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({ PATH: '/usr/bin:/bin' }),
    max_output_kib: z.int().min(1).max(1024).default(256),
  }),
  /** It can be asked for the target's state. */
  reads: z.boolean().default(false),
})

/** One declared action. */
export const declaration = z.discriminatedUnion('kind', [http, script])
export type HttpDeclaration = z.infer<typeof http>
export type ScriptDeclaration = z.infer<typeof script>
export type Declaration = HttpDeclaration | ScriptDeclaration

/** A declaration as a policy version keeps it. */
export type DeclaredAction = (HttpDeclaration | (ScriptDeclaration & { sha256: string })) & {
  /** The file in the workspace that declares it. */
  declaredIn: string
}

/** Whether the target's state is read, so that the action goes the way of all that contain. */
export function readsTarget(declared: Declaration): boolean {
  return declared.kind === 'http' ? declared.read !== undefined : declared.reads
}

/** An argument that takes a secret. */
export function isSecretName(name: string): boolean {
  return name.startsWith('secret_')
}
