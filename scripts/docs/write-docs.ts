// `npm run docs`: writes what of the documentation is made from the code.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { actionsDoc } from './actions-doc.ts'
import { readProse, ROOT } from './read-prose.ts'
import { actionEntry, builtInActions } from '../../electron/engine/actions/action-list.ts'

writeFileSync(join(ROOT, 'docs/ACTIONS.md'), actionsDoc(builtInActions().map(actionEntry), readProse()))
