import { Check, Copy, type LucideIcon } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button } from './button.tsx'

/** How long *Copied* stays. */
const SHOWN_MS = 1500

/** Copies text to the clipboard and says so in place. */
export function CopyButton({
  text,
  label,
  isIconOnly,
  icon = Copy,
}: {
  text: string
  label: string
  isIconOnly?: boolean
  icon?: LucideIcon
}): ReactNode {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    window.setTimeout(() => setCopied(false), SHOWN_MS)
  }
  if (isIconOnly) {
    return (
      <Button
        look="ghost"
        isSmall
        icon={isCopied ? Check : icon}
        aria-label={isCopied ? 'Copied' : label}
        onClick={() => void copy()}
      />
    )
  }
  return (
    <Button isSmall icon={isCopied ? Check : icon} onClick={() => void copy()}>
      {isCopied ? 'Copied' : label}
    </Button>
  )
}
