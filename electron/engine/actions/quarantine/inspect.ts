import { TocsinError } from '../../../../shared/errors.ts'
import { allowedPlace, type AllowedPlaces } from './allowed-path.ts'
import { openFile, readFacts, type FileFacts } from './file-facts.ts'
import { at, pathOf } from './place.ts'
import type { Source } from './take.ts'

/** A file as it is asked for. */
export interface Asked {
  path: string
  /** Only if the file has this SHA-256. */
  sha256?: string | undefined
  allowsHardLinks: boolean
}

export interface Inspected {
  source: Source
  /** With all links resolved. */
  path: string
  facts: FileFacts
}

/**
 * Opens a file and checks everything about it; the caller closes it by `closeSource`.
 * @param check throws when the work should end
 * @throws TocsinError `file_hard_links`, `file_hash`, what opening it throws
 */
export async function inspect(asked: Asked, places: AllowedPlaces, check: () => void): Promise<Inspected> {
  const place = await allowedPlace(asked.path, places)
  const path = pathOf(place)
  const file = await openFile(at(place), path).catch(async (error: unknown) => {
    await place.folder.close()
    throw error
  })
  const source = { place, file }
  try {
    const facts = await readFacts(file, path, check)
    if (facts.links > 1 && !asked.allowsHardLinks) {
      throw new TocsinError(
        'file_hard_links',
        `${path} has ${facts.links} names (hard links); the others would stay. Say "allow_hard_links": true if that is meant.`,
      )
    }
    if (asked.sha256 !== undefined && asked.sha256.toLowerCase() !== facts.sha256) {
      throw new TocsinError(
        'file_hash',
        `${path} has the SHA-256 ${facts.sha256}, not the given one: it is another file.`,
      )
    }
    return { source, path, facts }
  } catch (error) {
    await closeSource(source)
    throw error
  }
}

export async function closeSource({ place, file }: Source): Promise<void> {
  await file.close()
  await place.folder.close()
}
