/** The folder of a workspace in which own actions are declared. */
export const OWN_ACTIONS_FOLDER = 'actions'

/** A file of declarations, by its path in the workspace; `data.yaml` is data there as everywhere. */
export const DECLARATION_FILE = /^actions\/(?!data\.ya?ml$)[^/]+\.ya?ml$/

/** Whether a file of a version belongs to own actions: a declaration or a script. */
export function isOwnActionFile(path: string): boolean {
  return path.startsWith(`${OWN_ACTIONS_FOLDER}/`) && !path.endsWith('.rego')
}

/** Where a script that a declaration names lies in the workspace. */
export function scriptPath(file: string): string {
  return `${OWN_ACTIONS_FOLDER}/${file}`
}
