import { execute, GraphQLError, parse, validate, type DocumentNode, type ExecutionResult } from 'graphql'
import { TocsinError } from '../../../shared/errors.ts'
import type { Database } from '../store/database.ts'
import { answerText } from './answer-text.ts'
import { LIMITS } from './limits.ts'
import { refusedSize } from './query-size.ts'
import { root } from './resolvers.ts'
import { schema } from './schema.ts'

/** One operation, as it was sent. */
export interface GraphqlQuery {
  query: string
  variables: Record<string, unknown>
  operationName: string | null
}

/** The answer's status, and its body as JSON text. */
export interface GraphqlResult {
  status: 200 | 422
  text: string
}

/** Errors of one document that are reported; one that is wrong everywhere is not worth more. */
const MAX_ERRORS = 20

/**
 * Answers one operation. Its size is measured before it is validated, it is validated before it runs.
 * @returns 422 for what cannot be parsed, is not valid or asks for too much (with gqlgen's codes in `extensions.code`),
 *   200 for everything that ran, errors of its fields included
 * @throws what the database throws
 */
export function executeGraphql(db: Database, request: GraphqlQuery): GraphqlResult {
  const document = readDocument(request)
  if (!('kind' in document)) return document
  // In a read transaction, so that all its statements see the same state.
  const result = db.transaction(() =>
    execute({
      schema,
      document,
      rootValue: root(db),
      variableValues: request.variables,
      operationName: request.operationName,
    }),
  )() as ExecutionResult // nothing in it is asynchronous
  // Without `data` nothing ran: a variable has a wrong type.
  if (result.data === undefined) return refused('GRAPHQL_VALIDATION_FAILED', result.errors ?? [])
  return { status: 200, text: answerText(result.errors?.map(readable) ?? [], result.data) }
}

function readDocument({ query, variables, operationName }: GraphqlQuery): DocumentNode | GraphqlResult {
  if (query.trim() === '') return refused('GRAPHQL_VALIDATION_FAILED', [new GraphQLError('no operation provided')])
  let document
  try {
    document = parse(query, { maxLexicalTokens: LIMITS.tokens, maxSourceLength: LIMITS.queryCharacters })
  } catch (error) {
    if (error instanceof GraphQLError) return refused('GRAPHQL_PARSE_FAILED', [error])
    throw error
  }
  const size = refusedSize(document, variables)
  if (size !== null) return refused('COMPLEXITY_LIMIT_EXCEEDED', [new GraphQLError(size)])
  const errors = [...validate(schema, document, undefined, { maxErrors: MAX_ERRORS })]
  if (errors.length === 0) errors.push(...operationErrors(document, operationName))
  return errors.length > 0 ? refused('GRAPHQL_VALIDATION_FAILED', errors) : document
}

/** Which operation runs must be clear. graphql-js finds out when it executes, too late for a 422. */
function operationErrors(document: DocumentNode, operationName: string | null): GraphQLError[] {
  const names = document.definitions
    .filter((definition) => definition.kind === 'OperationDefinition')
    .map(({ name }) => name?.value ?? '')
  if (names.length === 0) return [new GraphQLError('no operation provided')]
  if (operationName === null) {
    return names.length === 1 ? [] : [new GraphQLError('operationName is needed: there are several operations')]
  }
  return names.includes(operationName) ? [] : [new GraphQLError(`operation ${operationName} not found`)]
}

function refused(code: string, errors: readonly GraphQLError[]): GraphqlResult {
  const coded = errors.map((error) => ({ ...error.toJSON(), extensions: { code } }))
  return { status: 422, text: answerText(coded, null) }
}

/** @throws the cause of an error that is none of ours: a damaged database must not look like a field's mistake */
function readable(error: GraphQLError): object {
  const { cause } = error
  if (cause instanceof TocsinError) return { ...error.toJSON(), extensions: { code: cause.code } }
  if (cause instanceof Error && !(cause instanceof GraphQLError)) throw cause
  return error.toJSON()
}
