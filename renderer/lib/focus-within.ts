import { type RefObject, useEffect, useState } from 'react'

/** Whether the focus is inside an element: what works by key there and means something else outside. */
export function useFocusWithin(element: RefObject<HTMLElement | null>): boolean {
  const [isWithin, setWithin] = useState(false)
  useEffect(() => {
    const look = () => setWithin(element.current?.contains(document.activeElement) ?? false)
    document.addEventListener('focusin', look)
    document.addEventListener('focusout', look)
    return () => {
      document.removeEventListener('focusin', look)
      document.removeEventListener('focusout', look)
    }
  }, [element])
  return isWithin
}
