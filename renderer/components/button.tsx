import type { LucideIcon } from 'lucide-react'
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { keyCaps } from '../lib/keys.ts'
import { Icon } from './icon.tsx'

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** main: the one primary act; needs: an approval; ghost: text only; danger: what destroys or refuses */
  look?: 'plain' | 'main' | 'needs' | 'ghost' | 'danger'
  isSmall?: boolean
  icon?: LucideIcon
  /** Shown as key caps inside the button, e.g. `Shift+R` */
  keys?: string
  /** While its call runs: the button is off and says so to screen readers */
  isBusy?: boolean
  ref?: Ref<HTMLButtonElement>
}

export function Button({ look = 'plain', isSmall, icon, keys, isBusy, children, ...rest }: ButtonProps): ReactNode {
  const classes = [
    'btn',
    look === 'plain' ? '' : look,
    isSmall ? 'sm' : '',
    children ? '' : 'icon',
    rest.className ?? '',
  ]
  return (
    <button
      {...rest}
      type={rest.type === 'submit' ? 'submit' : 'button'}
      className={classes.filter(Boolean).join(' ')}
      disabled={rest.disabled || isBusy}
      aria-busy={isBusy || undefined}
      title={rest.title ?? (children ? undefined : rest['aria-label'])}
    >
      {icon && <Icon of={icon} />}
      {children}
      {keys && <Keys of={keys} />}
    </button>
  )
}

/** Key caps. Drawn by the style sheet, so that they are no part of any name; the keys' help says them. */
export function Keys({ of: keys }: { of: string }): ReactNode {
  return (
    <span className="keys" aria-hidden="true">
      {keyCaps(keys).map((cap, index) => (
        <kbd key={index} data-cap={cap} />
      ))}
    </span>
  )
}
