import { vi } from 'vitest'
import type { Writer } from '../../electron/engine/store/writer.ts'

/**
 * Something happens when all has been looked at and the next commit with this label has not begun: once. It shows whether
 * the transaction looks again.
 */
export function justBefore(writer: Writer, label: string, happens: () => unknown): void {
  const commit = writer.commit.bind(writer)
  let isDue = true
  vi.spyOn(writer, 'commit').mockImplementation(async (at, work, options) => {
    if (isDue && at === label) {
      isDue = false
      await happens()
    }
    return commit(at, work, options)
  })
}
