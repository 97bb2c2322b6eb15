/** An answer becomes part of a policy's input and of the database: what is longer than this is no answer to a question. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024
