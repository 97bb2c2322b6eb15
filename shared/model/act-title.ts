/** What names an action: the policy's `name`, which may be an event's text, and the title that the action makes of its arguments. */
export interface NamedAct {
  name: string
  title: string
}

/** Of a name in a sentence: however long it is, the action's own title follows it in sight. */
const MAX_NAME = 120
const MAX_TITLE = 300

/**
 * How an action is called wherever it is shown. A name never stands for what is done: it only stands before it.
 * @returns `heading`: the policy's name, else the action's own title; `own`: that title where the heading is a name, else null
 */
export function actTitle({ name, title }: NamedAct): { heading: string; own: string | null } {
  const said = name.trim()
  return said === '' || said === title ? { heading: title, own: null } : { heading: said, own: title }
}

/** The same in one line, for news, the log and accessible names: `Isolate web-3 (POST edr.example.com/isolate)`. */
export function actInWords(act: NamedAct): string {
  const { heading, own } = actTitle(act)
  return own === null ? shortened(heading, MAX_TITLE) : `${shortened(heading, MAX_NAME)} (${shortened(own, MAX_TITLE)})`
}

function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text
}
