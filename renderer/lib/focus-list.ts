function list(): HTMLElement | null {
  return document.querySelector<HTMLElement>('#view [role=grid]')
}

/** Puts the focus on the list of this place, so that what moves by key also opens by key. */
export function focusList(): void {
  list()?.focus({ preventScroll: true })
}

/** Brings the first row into sight. */
export function scrollListToTop(): void {
  list()?.scrollTo(0, 0)
}
