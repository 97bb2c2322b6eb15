import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { closeSource, inspect } from '../../actions/quarantine/inspect.ts'
import { QuarantineFolder } from '../../actions/quarantine/manifest.ts'
import { inodeOf } from '../../actions/quarantine/place.ts'
import { takeFile } from '../../actions/quarantine/take.ts'
import { argText, type StandIn } from '../stand-in.ts'

const CONTENT = 'A file that stands in for the one that would be moved.\n'
const SHA256 = createHash('sha256').update(CONTENT).digest('hex')
const SERVICE = 'files in a temporary folder'

/** The file system: files of the same names, in a folder of the run's own. */
export const files: StandIn = {
  uses: ['file.quarantine'],
  service: SERVICE,
  args: () => ({ path: '/stand-in/invoice.exe' }),
  open({ args, folder }) {
    const root = join(folder, 'files')
    const led: string[] = []
    const lead = (asked: JsonObject): JsonObject => {
      const path = join(root, String(led.length + 1), basename(argText(asked, 'path')) || 'stand-in')
      mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
      writeFileSync(path, CONTENT)
      led.push(path)
      return { ...asked, path, ...(asked['sha256'] === undefined ? {} : { sha256: SHA256 }) }
    }
    const several = Array.isArray(args['files']) ? args['files'].filter(isObject).map(lead) : null
    const quarantine = join(folder, 'data', 'quarantine')
    return {
      args: several === null ? lead(args) : { ...args, files: several },
      roots: [root],
      // Several are one act.
      made() {
        const held = existsSync(quarantine) ? readdirSync(quarantine) : []
        const count = held.filter((id) => existsSync(join(quarantine, id, 'file'))).length
        return count === 0 ? [] : [`moved ${led.map((path) => basename(path)).join(', ')}`]
      },
      changeElsewhere: () => writeFileSync(led.at(-1) ?? '', `${CONTENT}Somebody wrote into it meanwhile.\n`),
    }
  },
}

/** A file that is in quarantine already. */
export const quarantined: StandIn = {
  uses: ['file.restore'],
  service: SERVICE,
  args: () => ({ quarantine_id: '00000000-0000-8000-8000-000000000000' }),
  async open({ folder }) {
    const root = join(folder, 'files')
    const path = join(root, 'invoice.exe')
    mkdirSync(root, { recursive: true, mode: 0o700 })
    writeFileSync(path, CONTENT)
    const id = await take(new QuarantineFolder(join(folder, 'data', 'quarantine')), root, path)
    return {
      args: { quarantine_id: id },
      roots: [root],
      made: () => (existsSync(path) && readFileSync(path, 'utf8') === CONTENT ? ['put back invoice.exe'] : []),
      changeElsewhere: () => writeFileSync(path, 'Somebody put another file there.\n'),
    }
  },
}

async function take(folder: QuarantineFolder, root: string, path: string): Promise<string> {
  const places = { roots: [root], protectedFolders: [] }
  const { source, facts } = await inspect({ path, allowsHardLinks: false }, places, () => {})
  const key = 'stand-in/0/0'
  const id = folder.idOf(key)
  try {
    const made = { version: 1 as const, id, key, origin: path, folderInode: inodeOf(source.place), quarantinedAt: 0 }
    const state = { way: 'rename' as const, isOriginalGone: false, restoring: null, restored: null }
    await takeFile(folder, { ...facts, ...made, ...state }, source, () => {})
  } finally {
    await closeSource(source)
  }
  return id
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
