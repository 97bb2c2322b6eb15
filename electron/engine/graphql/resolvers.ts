import { TocsinError } from '../../../shared/errors.ts'
import type { Attribute } from '../../../shared/model/alert.ts'
import type { Failure } from '../../../shared/model/views.ts'
import { committedAttributes } from '../chain/rounds/history.ts'
import type { Database } from '../store/database.ts'
import {
  alertAttributes,
  attemptResultText,
  eventText,
  workflowActions,
  workflowAlert,
  workflowAttrs,
  workflowById,
  workflowPage,
  type WorkflowActionRow,
  type WorkflowAlertRow,
  type WorkflowRow,
} from '../store/queries/workflows.ts'
import { DEFAULT_PAGE, LIMITS } from './limits.ts'
import { argumentText, compactJson, valueText } from './value-text.ts'

interface PageArguments {
  offset?: number | null
  limit?: number | null
}

/**
 * The root that graphql-js walks: a member is a value, or a function that reads it when it is asked for. Reads go through one
 * connection. Everything is synchronous, so one answer sees one state of the database.
 */
export function root(db: Database) {
  const source: Source = { db, budget: new AnswerBudget() }
  return {
    workflows: (page: PageArguments) =>
      workflowPage(db, {
        offset: pageNumber('offset', page.offset ?? 0, LIMITS.offset),
        limit: pageNumber('limit', page.limit ?? DEFAULT_PAGE, LIMITS.page),
      }).map((row) => workflowRecord(source, row)),
    Workflow: ({ id }: { id: string }) => {
      const row = workflowById(db, id)
      if (row) return workflowRecord(source, row)
      throw new TocsinError('workflow_missing', `there is no workflow with the id ${JSON.stringify(id)}`)
    },
  }
}

interface Source {
  db: Database
  budget: AnswerBudget
}

/** Adds up the long texts of one answer: how much an event or a result holds cannot be seen in the query. */
class AnswerBudget {
  #left: number = LIMITS.answerCharacters

  /** @throws TocsinError `answer_too_large` */
  spend(text: string): string {
    this.#left -= text.length
    if (this.#left >= 0) return text
    throw new TocsinError(
      'answer_too_large',
      `the answer would hold more than ${LIMITS.answerCharacters} characters of text: ask for fewer workflows at once, or leave out data, result and value`,
    )
  }
}

function pageNumber(name: string, value: number, max: number): number {
  if (value < 0) throw new TocsinError('page_invalid', `${name} must not be negative, it is ${value}`)
  if (value > max) throw new TocsinError('page_invalid', `${name} is at most ${max}, it is ${value}`)
  return value
}

function workflowRecord(source: Source, row: WorkflowRow) {
  return {
    id: row.id,
    createdAt: timestamp(row.createdAt),
    state: row.state,
    error: row.error === null ? null : (JSON.parse(row.error) as Failure).message,
    alert: () => alertRecord(source, row),
    actions: () => workflowActions(source.db, row.id).map((action) => actionRecord(source, action)),
  }
}

function alertRecord(source: Source, workflow: WorkflowRow) {
  const row = workflowAlert(source.db, workflow.alertId)
  if (row === null) throw new TocsinError('alert_missing', 'the alert of this workflow does not exist any more')
  const { schema, title, description, refs } = row
  return {
    id: row.id,
    schema,
    title,
    description,
    source: row.source,
    namespace: row.namespace || null,
    createdAt: timestamp(row.createdAt),
    data: () => source.budget.spend(eventData(source.db, row)),
    initAttrs: () => attributeRecords(source, alertAttributes(source.db, row.seq)),
    // As AlertChain has it, but also filled when the workflow failed: what it reached is what one wants to see then.
    lastAttrs: () =>
      workflow.finishedAt === null ? [] : attributeRecords(source, workflowAttrs(source.db, workflow.id)),
    refs: refs.map((reference) => ({ title: reference.title || null, url: reference.url || null })),
  }
}

/** The event as compact JSON; `null` when it was deleted by age. */
function eventData(db: Database, row: WorkflowAlertRow): string {
  return compactJson(eventText(db, row.eventId) ?? 'null')
}

function actionRecord(source: Source, row: WorkflowActionRow) {
  const args = typeof row.args === 'object' && row.args !== null && !Array.isArray(row.args) ? row.args : {}
  return {
    id: row.policyId,
    seq: row.roundNo,
    uses: row.uses,
    state: row.state,
    error: row.error?.message ?? null,
    startedAt: timestamp(row.startedAt ?? row.proposedAt),
    finishedAt: row.settledAt === null ? null : timestamp(row.settledAt),
    args: () =>
      Object.entries(args).map(([key, value]) => ({ key, value: source.budget.spend(argumentText(key, value)) })),
    result: () => resultText(source, row),
    next: () => nextRecords(source, row),
  }
}

function resultText({ db, budget }: Source, { attemptId }: WorkflowActionRow): string | null {
  const json = attemptId === null ? null : attemptResultText(db, attemptId)
  // A JSON text that begins with a quote is one text.
  return json === null ? null : budget.spend(json.startsWith('"') ? String(JSON.parse(json)) : json)
}

/** What the action changed for those after it: its commits, and whether it ended the workflow. */
function nextRecords(source: Source, { policyId, subjectId, isAborted, commits }: WorkflowActionRow) {
  if (!isAborted && commits.length === 0) return []
  return [
    { abort: isAborted, attrs: () => attributeRecords(source, committedAttributes(subjectId, policyId, commits)) },
  ]
}

function attributeRecords({ budget }: Source, attributes: readonly Attribute[]) {
  return attributes.map(({ id, key, value, type, persist, ttl }) => ({
    id,
    key,
    type: type || null,
    persist,
    ttl,
    value: () => budget.spend(valueText(value)),
  }))
}

/** RFC 3339; the store keeps milliseconds. */
function timestamp(at: number): string {
  return new Date(at).toISOString()
}
