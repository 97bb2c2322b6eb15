import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'

export interface MenuItem {
  label: string
  isDisabled?: boolean
  run: () => void
}

/** A button with a menu of acts. */
export function Menu({ trigger, items }: { trigger: ReactElement; items: readonly MenuItem[] }): ReactNode {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner className="popup-place" sideOffset={4} align="end">
          <Base.Popup className="popup">
            {items.map((item) => (
              <Base.Item
                key={item.label}
                className="popup-item plain"
                disabled={item.isDisabled ?? false}
                onClick={item.run}
              >
                {item.label}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
