import { RE2JS } from 're2js'
import { z } from 'zod'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { namesIn } from './template.ts'
import type { ArgumentDeclaration, Declaration } from './declaration.ts'

/** As long as an attribute's value may be. */
const MAX_TEXT = 8192
const MAX_LIST = 1000

/** @returns the schema of the arguments that a declaration names, as built-in actions have one */
export function argsSchemaOf(declared: Declaration): z.ZodObject & z.ZodType<JsonObject> {
  const inUrl = new Set(urlsOf(declared).flatMap(namesIn))
  const shape = Object.fromEntries(
    Object.entries(declared.args).map(([name, argument]) => {
      const schema = inUrl.has(name) ? inPath(valueSchema(argument)) : valueSchema(argument)
      return [name, (argument.optional ? schema.optional() : schema).describe(argument.description)]
    }),
  )
  return z.strictObject(shape) as unknown as z.ZodObject & z.ZodType<JsonObject> // every value of it is JSON
}

function urlsOf(declared: Declaration): string[] {
  if (declared.kind === 'script.run') return []
  const { request, read, probe } = declared
  return [request, read, probe].flatMap((one) => one?.url ?? [])
}

/** Percent-encoding leaves dots, and these two are other folders. */
function inPath(schema: z.ZodType): z.ZodType {
  return schema.refine((value) => value !== '.' && value !== '..', 'names another place')
}

function valueSchema(argument: ArgumentDeclaration): z.ZodType {
  switch (argument.type) {
    case 'boolean':
      return z.boolean()
    case 'integer':
      return bounded(z.int(), argument)
    case 'number':
      return bounded(z.number(), argument)
    case 'string':
      return textSchema(argument)
    case 'strings':
      return z.array(textSchema(argument)).max(MAX_LIST)
  }
}

function bounded(schema: z.ZodNumber, { min, max }: ArgumentDeclaration): z.ZodNumber {
  const from = min === undefined ? schema : schema.min(min)
  return max === undefined ? from : from.max(max)
}

/** RE2 takes linear time: a hostile value cannot keep the engine busy with a pattern that was written carelessly. */
function textSchema({ pattern, enum: choices }: ArgumentDeclaration): z.ZodType {
  if (choices !== undefined) return z.enum(choices)
  const text = z.string().min(1).max(MAX_TEXT)
  if (pattern === undefined) return text
  const compiled = RE2JS.compile(pattern)
  return text
    .refine((value) => compiled.matches(value), `does not match ${pattern}`)
    .meta({ pattern: `^(?:${pattern})$` })
}
