/** One small fault that somebody could make, and the test that notices it. */
export interface Mutation {
  /** What is wrong then, in a few words. */
  name: string
  /** The file of the product, from the repository's root. */
  file: string
  /** Text that stands exactly once in that file. */
  from: string
  to: string
  /** The test file that must fail, from the repository's root. */
  test: string
  /** A part of the title of the one test that must fail; without it any of the file. */
  title?: string
}
