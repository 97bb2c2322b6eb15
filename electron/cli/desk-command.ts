/**
 * The command that opens the desk of these folders, for a shell: PowerShell and cmd on Windows, POSIX elsewhere.
 * @param platform as `process.platform` says
 */
export function deskCommand(dataDir: string, policyDir: string, platform: string = process.platform): string {
  const quoted = platform === 'win32' ? (path: string) => `"${path}"` : posixQuoted
  return `npx tocsin desk --data ${quoted(dataDir)} -d ${quoted(policyDir)}`
}

function posixQuoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}
