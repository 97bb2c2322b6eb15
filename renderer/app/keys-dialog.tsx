import { Fragment, type ReactNode } from 'react'
import { Keys } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { allCommands, COMMAND_GROUPS } from '../lib/commands.ts'

/** All keys of what is on the screen. */
export function KeysDialog({ onClose }: { onClose: () => void }): ReactNode {
  const commands = allCommands().filter((command) => command.keys)
  return (
    <Dialog
      title="Keys"
      lead="What works here and now. Single letters are off while you type; Settings can switch them off for good."
      width="wide"
      onClose={onClose}
    >
      <div className="keys-list">
        {COMMAND_GROUPS.map((group) => {
          const inGroup = commands.filter((command) => command.group === group)
          if (inGroup.length === 0) return null
          return (
            <section key={group}>
              <h3>{group}</h3>
              <ul>
                {inGroup.map((command) => (
                  <li key={command.id}>
                    <span>
                      {command.keys?.slice(0, 2).map((keys, index) => (
                        <Fragment key={keys}>
                          {index > 0 && ' '}
                          <Keys of={keys} />
                          <span className="vh">{keys}</span>
                        </Fragment>
                      ))}
                    </span>
                    <span>{command.title}</span>
                  </li>
                ))}
              </ul>
            </section>
          )
        })}
      </div>
    </Dialog>
  )
}
