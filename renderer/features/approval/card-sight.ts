import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { isInSight, reader } from '../../lib/in-sight.ts'

/** What of a card cannot be seen; null when all that is decided upon is there. */
export type Unseen = 'title' | 'differences' | 'arguments' | 'answer' | null

function part(card: HTMLElement, name: 'title' | 'arguments' | 'answer'): HTMLElement | null {
  return card.querySelector<HTMLElement>(`[data-decided=${name}]`)
}

/** Each line of the arguments; without any, what stands in their place. */
function argumentLines(box: HTMLElement): HTMLElement[] {
  const lines = [...box.querySelectorAll<HTMLElement>('.args > *')]
  return lines.length > 0 ? lines : [box]
}

/** What changed since it was proposed, line by line. */
function differenceLines(card: HTMLElement): HTMLElement[] {
  return [...card.querySelectorAll<HTMLElement>('.stalebar li')]
}

/** The height that is left for the arguments between the card's title and its answer. */
function roomOf(card: HTMLElement): number {
  const scroller = scrollerOf(card)
  const height = scroller?.clientHeight ?? window.innerHeight
  const taken = [part(card, 'title'), part(card, 'answer')].map((each) => each?.offsetHeight ?? 0)
  return height - taken.reduce((sum, each) => sum + each, 0)
}

function scrollerOf(element: HTMLElement): HTMLElement | null {
  for (let each = element.parentElement; each; each = each.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(each).overflowY)) return each
  }
  return null
}

function look(card: HTMLElement, hasRead: (lines: readonly Element[]) => boolean): Unseen {
  const [title, box, answer] = [part(card, 'title'), part(card, 'arguments'), part(card, 'answer')]
  if (!title || !isInSight(title)) return 'title'
  if (!answer || !isInSight(answer)) return 'answer'
  if (!hasRead(differenceLines(card))) return 'differences'
  if (!box) return 'arguments'
  const lines = argumentLines(box)
  const isRead = hasRead(lines)
  if (box.offsetHeight <= roomOf(card)) return lines.every(isInSight) ? null : 'arguments'
  // Longer than the room: every line was in sight, and some are.
  return isRead && lines.some(isInSight) ? null : 'arguments'
}

/**
 * Scrolls the one box that an element scrolls in; `scrollIntoView` would move what merely clips around it, too.
 * @param above what covers the box's top, in pixels, and `below` its bottom
 * @param isFirst puts it at the top even when it is in sight
 */
function scrollTo(element: HTMLElement, above: number, below: number, isFirst: boolean): void {
  const scroller = scrollerOf(element)
  if (!scroller) return
  const room = scroller.getBoundingClientRect()
  const { top, bottom } = element.getBoundingClientRect()
  const toTop = top - (room.top + above)
  const toBottom = bottom - (room.bottom - below)
  if (isFirst || toTop < 0) scroller.scrollTop += toTop
  else if (toBottom > 0) scroller.scrollTop += toBottom
}

/** Scrolls so that what is decided upon is in sight, or as much of it as the window holds. */
function bring(card: HTMLElement, hasRead: (lines: readonly Element[]) => boolean): void {
  const [title, box, answer] = [part(card, 'title'), part(card, 'arguments'), part(card, 'answer')]
  if (!box) return
  const isWhole = box.offsetHeight <= roomOf(card)
  const goal = isWhole ? box : (argumentLines(box).find((line) => !isInSight(line)) ?? box)
  scrollTo(goal, title?.offsetHeight ?? 0, answer?.offsetHeight ?? 0, !isWhole)
  const change = differenceLines(card).find((line) => !hasRead([line]))
  if (change) scrollTo(change, 0, 0, true)
}

export interface CardSight {
  /** As of the last look: scrolling and resizing look again */
  unseen: Unseen
  /** Looks now */
  look: () => Unseen
  bring: () => void
}

/**
 * Whether the analyst can see what would be decided: title and target, arguments, and the button.
 * @param subject changes with what is decided upon: another one is read anew
 */
export function useCardSight(card: RefObject<HTMLElement | null>, subject: string): CardSight {
  const [unseen, setUnseen] = useState<Unseen>(null)
  const read = useRef({ subject, has: reader() })
  const lookNow = useCallback((): Unseen => {
    if (read.current.subject !== subject) read.current = { subject, has: reader() }
    const found = card.current ? look(card.current, read.current.has) : 'title'
    setUnseen(found)
    return found
  }, [card, subject])
  useEffect(() => {
    let frame = 0
    const later = () => {
      window.cancelAnimationFrame(frame)
      frame = window.requestAnimationFrame(() => void lookNow())
    }
    const observer = new ResizeObserver(later)
    if (card.current) observer.observe(card.current)
    window.addEventListener('scroll', later, { capture: true, passive: true })
    window.addEventListener('resize', later)
    return () => {
      window.cancelAnimationFrame(frame)
      observer.disconnect()
      window.removeEventListener('scroll', later, { capture: true })
      window.removeEventListener('resize', later)
    }
  }, [card, lookNow])
  const bringNow = useCallback(() => {
    if (card.current) bring(card.current, read.current.has)
  }, [card])
  return { unseen, look: lookNow, bring: bringNow }
}
