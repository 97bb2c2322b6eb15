/** Puts the focus on the list of this place, so that what moves by key also opens by key. */
export function focusList(): void {
  document.querySelector<HTMLElement>('#view [role=grid]')?.focus({ preventScroll: true })
}
