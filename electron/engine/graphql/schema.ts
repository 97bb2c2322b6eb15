import { buildSchema } from 'graphql'

/**
 * AlertChain's schema (`behaviour/alertchain.md` §2) with what `interfaces.md` §4 adds: `state` of both records, `error` of
 * a workflow, and `finishedAt`, which is null while an action runs.
 */
const SDL = `
scalar Timestamp
scalar WorkflowID
scalar AlertID

type Query {
  workflows(offset: Int, limit: Int): [WorkflowRecord!]!
  Workflow(id: String!): WorkflowRecord!
}

type WorkflowRecord {
  id: WorkflowID!
  createdAt: Timestamp!
  alert: AlertRecord!
  actions: [ActionRecord!]!
  state: String!
  error: String
}

type AlertRecord {
  id: AlertID!
  schema: String!
  data: String!
  createdAt: Timestamp!
  title: String!
  description: String!
  source: String!
  namespace: String
  initAttrs: [AttributeRecord!]!
  lastAttrs: [AttributeRecord!]!
  refs: [ReferenceRecord!]!
}

type AttributeRecord {
  id: String!
  key: String!
  value: String!
  type: String
  persist: Boolean!
  ttl: Int!
}

type ReferenceRecord {
  title: String
  url: String
}

type ActionRecord {
  id: String!
  seq: Int!
  uses: String!
  args: [ArgumentRecord!]!
  result: String
  next: [NextRecord!]!
  error: String
  state: String!
  startedAt: Timestamp!
  finishedAt: Timestamp
}

type ArgumentRecord {
  key: String!
  value: String!
}

type NextRecord {
  abort: Boolean!
  attrs: [AttributeRecord!]!
}
`

export const schema = buildSchema(SDL)
