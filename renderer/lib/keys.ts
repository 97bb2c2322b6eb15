import { allCommands } from './commands.ts'
import { preferences } from './preferences.ts'

/** How long the second key of a sequence (`g w`) is waited for. */
const SEQUENCE_MS = 1500
const isMac = /mac/i.test(navigator.platform)

/** The key as it stands in a command: `Mod` is Cmd on a Mac and Ctrl elsewhere. */
function keyName(event: KeyboardEvent): string {
  const isMod = isMac ? event.metaKey : event.ctrlKey
  const key = event.key.length === 1 && (isMod || event.shiftKey) ? event.key.toUpperCase() : event.key
  const isLetter = /^[A-Z]$/.test(key)
  return `${isMod ? 'Mod+' : ''}${event.shiftKey && (isLetter || key.length > 1) ? 'Shift+' : ''}${key}`
}

/** Keys as they are printed on the keyboard, for hints: `['Ctrl', 'K']`, `['g', 'w']`. */
export function keyCaps(keys: string): string[] {
  const names: Record<string, string> = {
    Mod: isMac ? '⌘' : 'Ctrl',
    Enter: '↵',
    Escape: 'Esc',
    ArrowDown: '↓',
    ArrowUp: '↑',
  }
  return keys.split(/[ +]/).map((key) => names[key] ?? key)
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.closest(
      'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], [role=listbox]',
    ) !== null
  )
}

/** Keys that the focused thing needs for itself. */
function belongsToFocus(key: string, target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (key === 'Enter' || key === ' ') return target.closest('button, a, summary, [role=tab], [role=treeitem]') !== null
  if (key.startsWith('Arrow') || ['Home', 'End', 'PageUp', 'PageDown'].includes(key)) {
    return target !== document.body && target.closest('[role=grid]') === null
  }
  return false
}

/** A dialog has its own keys; what lies behind it does not act. */
function isDialogOpen(): boolean {
  return document.querySelector('.dialog') !== null
}

/** Runs commands by their keys. @returns a function that stops it */
export function startKeys(): () => void {
  let prefix = ''
  let prefixAt = 0
  const listener = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || isDialogOpen()) return
    const name = keyName(event)
    const isMod = name.startsWith('Mod+')
    if (!isMod && (isTyping(event.target) || belongsToFocus(name, event.target))) return
    if (!isMod && /^(Shift\+)?.$/u.test(name) && !preferences().hasLetterKeys) return
    const now = event.timeStamp
    const sequence = prefix !== '' && now - prefixAt < SEQUENCE_MS ? `${prefix} ${name}` : null
    const commands = allCommands()
    const command =
      commands.find(({ keys }) => sequence !== null && keys?.includes(sequence)) ??
      commands.find(({ keys }) => keys?.includes(name))
    prefix = ''
    if (command) {
      event.preventDefault()
      command.run()
    } else if (commands.some(({ keys }) => keys?.some((key) => key.startsWith(`${name} `)))) {
      prefix = name
      prefixAt = now
    }
  }
  window.addEventListener('keydown', listener)
  return () => window.removeEventListener('keydown', listener)
}
