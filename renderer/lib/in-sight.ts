/** Points this far inside an element's edge: rounded corners and half pixels belong to nobody. */
const INSET_PX = 2

function isTop(element: Element, x: number, y: number): boolean {
  const top = document.elementFromPoint(x, y)
  return top !== null && element.contains(top)
}

/**
 * Whether an element can be seen from its first to its last line: inside the window and what scrolls around it, with
 * nothing over it.
 */
export function isInSight(element: Element): boolean {
  return isStartInSight(element) && isEndInSight(element)
}

function isStartInSight(element: Element): boolean {
  const { left, top, width } = element.getBoundingClientRect()
  return isTop(element, left + INSET_PX, top + INSET_PX) && isTop(element, left + width / 2, top + INSET_PX)
}

function isEndInSight(element: Element): boolean {
  const { left, bottom, width } = element.getBoundingClientRect()
  return isTop(element, left + INSET_PX, bottom - INSET_PX) && isTop(element, left + width / 2, bottom - INSET_PX)
}

/**
 * Keeps what of a long text has been in sight.
 * @returns a function that looks again and says whether every line of every element was in sight by now
 */
export function reader(): (elements: readonly Element[]) => boolean {
  const starts = new WeakSet<Element>()
  const ends = new WeakSet<Element>()
  return (elements) => {
    for (const element of elements) {
      if (isStartInSight(element)) starts.add(element)
      if (isEndInSight(element)) ends.add(element)
    }
    return elements.every((element) => starts.has(element) && ends.has(element))
  }
}
