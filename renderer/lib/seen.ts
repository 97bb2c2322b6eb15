import { useEffect, useRef, useState, type RefObject } from 'react'

/** Mounted this far before it comes into sight, so that scrolling meets no gap. */
const MARGIN = '400px'

/**
 * Whether an element has ever been in sight, or nearly: what is costly to mount waits for that.
 * @returns what to put on the element, and whether
 */
export function useSeen<Tag extends Element>(): [RefObject<Tag | null>, boolean] {
  const element = useRef<Tag>(null)
  const [isSeen, setSeen] = useState(false)
  useEffect(() => {
    if (isSeen || !element.current) return undefined
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true)
      },
      { rootMargin: MARGIN },
    )
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [isSeen])
  return [element, isSeen]
}
