import { type RefObject, useEffect, useRef } from 'react'
import { reader } from './in-sight.ts'

/**
 * Follows what of a box that scrolls has been in sight.
 * @param lines selects what must be seen inside of it
 * @param subject another one is read anew
 * @returns a function that says whether each line was in sight by now
 */
export function useRead(box: RefObject<HTMLElement | null>, lines: string, subject: unknown): () => boolean {
  const read = useRef({ subject, has: reader() })
  const look = () => {
    if (read.current.subject !== subject) read.current = { subject, has: reader() }
    return read.current.has([...(box.current?.querySelectorAll(lines) ?? [])])
  }
  useEffect(() => {
    const later = () => void look()
    const frame = window.requestAnimationFrame(later)
    window.addEventListener('scroll', later, { capture: true, passive: true })
    window.addEventListener('resize', later)
    return () => {
      window.cancelAnimationFrame(frame)
      window.removeEventListener('scroll', later, { capture: true })
      window.removeEventListener('resize', later)
    }
  })
  return look
}
