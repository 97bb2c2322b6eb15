import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { OutgoingRequest } from '../http/request.ts'

/** What a stand-in answers to one request. */
export interface StandInAnswer {
  status: number
  /** Text as it is, anything else as JSON. */
  body?: JsonValue
  headers?: Record<string, string>
}

/** What the stand-in of an action is told of the proposal that it is tried with. */
export interface Setting {
  uses: string
  args: JsonObject
  /** A folder of the run's own, for what lies in files. */
  folder: string
  /** Whether a text holds a secret of this run: log-ins without one are refused. */
  hasSecret: (text: string) => boolean
}

/** One service with one target, as the action under test meets it. */
export interface Stage {
  /** The proposal's arguments, led to the stand-in where that is not done by the HTTP port. */
  args: JsonObject
  /** Requests: absent where the action calls no service. */
  http?: {
    /** Whether the request is the one that changes the target: faults strike these. */
    changes(request: OutgoingRequest): boolean
    answer(request: OutgoingRequest): StandInAnswer
  }
  /** The changes that were carried out for the desk, in order. */
  made(): readonly string[]
  /** Changes the target as somebody else would, so that the plan is wrong; absent where the plan rests on no target. */
  changeElsewhere?: () => void
  /** Roots for `file.quarantine`, where they are the stand-in's. */
  roots?: readonly string[]
  /** What stands in takes time of its own: the action waits for it as it would. */
  isRealTime?: true
  /** Ends what stands in. */
  close?: () => void
}

/** A scripted model of the service behind some actions. */
export interface StandIn {
  uses: readonly string[]
  /** What it stands for. */
  service: string
  /** Arguments for a proposal that nobody made. @param secret the handle of a secret of the run */
  args(uses: string, secret: string): JsonObject
  open(setting: Setting): Stage | Promise<Stage>
}

/** The path and query of a request, whatever host the analyst's settings name. */
export function placeOf({ url }: OutgoingRequest): { path: string; query: URLSearchParams } {
  const { pathname, searchParams } = new URL(url)
  return { path: pathname, query: searchParams }
}

/** The request's body as text. */
export function textOf({ body = '' }: OutgoingRequest): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
}

/** A header of the request, whatever case its name is written in. */
export function headerOf({ headers = {} }: OutgoingRequest, name: string): string {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? ''
}

/** An argument as text; '' where there is none. */
export function argText(args: JsonObject, name: string): string {
  const value = args[name]
  return typeof value === 'string' ? value : ''
}
