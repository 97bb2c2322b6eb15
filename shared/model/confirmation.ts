import { visibleText } from '../visible-text.ts'

/**
 * What is typed before something is done that cannot be taken back: the target, as the card shows it.
 * @param act `title` stands for the target of an act that has none
 */
export function confirmationText({ target, title }: { target: string; title: string }): string {
  return visibleText(target === '' ? title : target, Number.POSITIVE_INFINITY)
}

/** Whether that is what was typed, or the target itself was pasted: different texts are never shown alike. */
export function isConfirmed(typed: string, asked: string): boolean {
  return typed === asked || visibleText(typed, Number.POSITIVE_INFINITY) === asked
}
