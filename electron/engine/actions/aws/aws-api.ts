import type { JsonObject } from '../../../../shared/model/json.ts'

/** Sends one operation's input and reads its output. */
export type AwsApi<Operation extends string> = (operation: Operation, input: JsonObject) => Promise<unknown>
