import type { Mutation } from './mutation.ts'

const FOLDER = 'electron/engine/store/search'
const REBUILDING = `${FOLDER}/rebuilding.test.ts`
const TEXTS = `${FOLDER}/alert-texts.ts`
const THREAD = `${FOLDER}/search-thread.ts`
const DYING = 'a thread that dies in the middle of a slice'

/** The search index follows, forgets, and is never believed to be another database's. */
export const SEARCH_MUTATIONS: readonly Mutation[] = [
  {
    name: 'an index is taken for one of whichever database lies beside it',
    file: TEXTS,
    from: 'return auditSeq === 0 || this.#inTrail.get(auditSeq, auditHash) !== undefined',
    to: 'return auditSeq >= 0 || this.#inTrail.get(auditSeq, auditHash) !== undefined',
    test: REBUILDING,
    title: 'an index of another database',
  },
  {
    name: 'an index is known by the number of the last row of the trail alone',
    file: TEXTS,
    from: "'SELECT 1 FROM audit WHERE seq = +? AND hash = +?'",
    to: "'SELECT 1 FROM audit WHERE seq = +? AND +? IS NOT NULL'",
    test: REBUILDING,
    title: 'after a restore the index',
  },
  {
    name: 'deleted bodies are not followed',
    file: TEXTS,
    from: 'const deleted = this.#deleted.all(mark.deletedSeq)',
    to: 'const deleted = this.#deleted.all(mark.deletedSeq + 1_000)',
    test: REBUILDING,
    title: 'bodies that were deleted just before the end',
  },
  {
    name: 'the index is not told of deleted bodies',
    file: 'electron/engine/store/retention.ts',
    from: '      this.#search.wake()\n',
    to: '',
    test: REBUILDING,
    title: 'the index is told of deleted bodies',
  },
  {
    name: 'the words of a deleted body stay beside those that are left',
    file: `${FOLDER}/index-file.ts`,
    from: '        this.#delete.run(seq)\n',
    to: '',
    test: REBUILDING,
    title: 'the words of a deleted body go',
  },
  {
    name: 'nothing is tried again after a failure',
    file: `${FOLDER}/search-index.ts`,
    from: '      this.#arm(RETRY_MS)\n',
    to: '',
    test: REBUILDING,
    title: DYING,
  },
  {
    name: 'a file that failed is held on to',
    file: THREAD,
    from: '      follower = null\n',
    to: '',
    test: REBUILDING,
    title: 'one that cannot be written',
  },
  {
    name: 'damage of the index is taken for damage of the database',
    file: `${FOLDER}/hits.ts`,
    from: 'throw isUnready(error) ? unready(error) : error',
    to: 'throw error',
    test: REBUILDING,
    title: 'while the app runs is made anew',
  },
  {
    name: 'a damaged file is gone on with',
    file: `${FOLDER}/index-file.ts`,
    from: 'if (damage !== null) throw',
    to: 'if (damage === null) throw',
    test: REBUILDING,
    title: 'at the next start',
  },
]
