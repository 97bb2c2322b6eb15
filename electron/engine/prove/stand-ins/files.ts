import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { argText, type StandIn } from '../stand-in.ts'

const CONTENT = 'A file that stands in for the one that would be moved.\n'

/** The file system: a file of the same name, in a folder of the run's own. */
export const files: StandIn = {
  uses: ['file.quarantine'],
  service: 'a file in a temporary folder',
  args: () => ({ path: '/stand-in/invoice.exe' }),
  open({ args, folder }) {
    const root = join(folder, 'files')
    const path = join(root, basename(argText(args, 'path')) || 'stand-in')
    mkdirSync(root, { recursive: true, mode: 0o700 })
    writeFileSync(path, CONTENT)
    const quarantine = join(folder, 'data', 'quarantine')
    const sha256 = createHash('sha256').update(CONTENT).digest('hex')
    return {
      args: { ...args, path, ...(args['sha256'] === undefined ? {} : { sha256 }) },
      roots: [root],
      made: () =>
        existsSync(quarantine)
          ? readdirSync(quarantine).flatMap((id) =>
              existsSync(join(quarantine, id, 'file')) ? [`moved ${basename(path)}`] : [],
            )
          : [],
      changeElsewhere: () => writeFileSync(path, `${CONTENT}Somebody wrote into it meanwhile.\n`),
    }
  },
}
