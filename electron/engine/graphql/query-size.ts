import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { DEFAULT_PAGE, LIMITS } from './limits.ts'

/** How long a list is expected to be; one that is not here is a single value. `workflows` says it itself. */
const LIST_SIZES: Readonly<Partial<Record<string, number>>> = {
  actions: 10,
  args: 5,
  initAttrs: 10,
  lastAttrs: 10,
  attrs: 5,
  refs: 3,
  // Introspection.
  types: 25,
  fields: 10,
  inputFields: 5,
  interfaces: 5,
  possibleTypes: 5,
  enumValues: 10,
  directives: 8,
}

interface Size {
  depth: number
  fields: number
  cost: number
}

const NOTHING: Size = { depth: 0, fields: 0, cost: 0 }

/** What sizes are taken of: one operation with the fragments and variables that it may use. */
interface Scope {
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  operation: OperationDefinitionNode
  variables: Readonly<Record<string, unknown>>
  /** Each fragment is measured once, however often it is spread: that is what makes a bomb cheap to refuse. */
  measured: Map<string, Size>
}

/**
 * Measures a parsed document before anything else looks at it.
 * @returns why it is refused, or null. All operations count, not only the one that runs: validation reads them all
 */
export function refusedSize(document: DocumentNode, variables: Readonly<Record<string, unknown>>): string | null {
  const fragments = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const total = sum(
    operations.map((operation) =>
      measure(operation.selectionSet, { fragments, operation, variables, measured: new Map() }),
    ),
  )
  if (total.depth > LIMITS.depth) return `the query is more than ${LIMITS.depth} fields deep`
  if (total.fields > LIMITS.fields) return `the query has more than ${LIMITS.fields} fields, fragments put in`
  if (total.cost > LIMITS.cost) {
    return `the query costs ${total.cost}, more than ${LIMITS.cost}: ask for fewer workflows or fewer fields at once`
  }
  return null
}

function measure(selections: SelectionSetNode, scope: Scope): Size {
  return sum(
    selections.selections.map((selection) => {
      switch (selection.kind) {
        case Kind.FIELD:
          return fieldSize(selection, scope)
        case Kind.INLINE_FRAGMENT:
          return measure(selection.selectionSet, scope)
        case Kind.FRAGMENT_SPREAD:
          return fragmentSize(selection.name.value, scope)
      }
    }),
  )
}

function fieldSize(field: FieldNode, scope: Scope): Size {
  if (!field.selectionSet) return { depth: 1, fields: 1, cost: 1 }
  const inner = measure(field.selectionSet, scope)
  const name = field.name.value
  const length = name === 'workflows' ? pageOf(field, scope) : (LIST_SIZES[name] ?? 1)
  return { depth: inner.depth + 1, fields: inner.fields + 1, cost: length * (inner.cost + 1) }
}

/** A fragment that contains itself, or does not exist, is nothing here: validation refuses it. */
function fragmentSize(name: string, scope: Scope): Size {
  const known = scope.measured.get(name)
  if (known) return known
  const fragment = scope.fragments.get(name)
  if (!fragment) return NOTHING
  scope.measured.set(name, NOTHING)
  const size = measure(fragment.selectionSet, scope)
  scope.measured.set(name, size)
  return size
}

/** The `limit` of `workflows`, as far as it can be known before it is checked. */
function pageOf(field: FieldNode, { operation, variables }: Scope): number {
  const limit = field.arguments?.find((argument) => argument.name.value === 'limit')?.value
  const given =
    limit?.kind === Kind.VARIABLE ? (variables[limit.name.value] ?? defaultOf(operation, limit.name.value)) : limit
  const size = Number(
    typeof given === 'object' && given !== null && 'value' in given ? given.value : (given ?? undefined),
  )
  // What is out of bounds is refused with its own words when it is read.
  return Number.isFinite(size) ? Math.min(Math.max(size, 1), LIMITS.page) : DEFAULT_PAGE
}

function defaultOf(operation: OperationDefinitionNode, name: string): unknown {
  return operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue
}

function sum(sizes: readonly Size[]): Size {
  return sizes.reduce(
    (total, { depth, fields, cost }) => ({
      depth: Math.max(total.depth, depth),
      fields: total.fields + fields,
      cost: total.cost + cost,
    }),
    NOTHING,
  )
}
