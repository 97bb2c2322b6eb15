import { actTitle, type NamedAct } from '../../shared/model/act-title.ts'
import { visibleText } from '../../shared/visible-text.ts'

/** Of each part: an accessible name that goes on for lines is read by nobody. */
const MAX_PART = 120

/**
 * An action in one line of plain text, for accessible names, dialogs and the palette: the policy's name, then what the action
 * itself says it does.
 */
export function actText(act: NamedAct, max = MAX_PART): string {
  const { heading, own } = actTitle(act)
  const said = visibleText(heading, max)
  return own === null ? said : `${said} (${visibleText(own, max)})`
}
